"use strict";

// The token comes behind the # of the link, which a browser sends to nobody. It is taken out of the address at once, so that it
// stays neither in the history nor on the screen.
const form = document.getElementById("form");
const field = document.getElementById("token");
const said = document.getElementById("said");
const leave = document.getElementById("leave");

const shown = window.location.hash.replace(/^#(token=)?/, "");
if (shown) {
  window.history.replaceState(null, "", window.location.pathname);
}

async function signIn(token) {
  say("Signing in …");
  try {
    const answer = await fetch("/api/v1/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token }),
    });
    field.value = "";
    if (answer.ok) {
      await goOn();
      return;
    }
    const problem = await answer.json();
    say(problem.detail);
  } catch {
    say("The server does not answer. Is it running?");
  }
  form.hidden = false;
  field.focus();
}

async function goOn() {
  const page = await fetch("/", { headers: { Accept: "text/html" } });
  if (page.ok) {
    window.location.replace("/");
    return;
  }
  form.hidden = true;
  leave.hidden = false;
  say("You are signed in.");
}

async function signOut() {
  const answer = await fetch("/api/v1/session", { method: "DELETE" }).catch(() => null);
  if (!answer || !(answer.ok || answer.status === 401 || answer.status === 404)) {
    say("You are still signed in: the server does not answer. Try again.");
    return;
  }
  leave.hidden = true;
  form.hidden = false;
  say("You are signed out.");
  field.focus();
}

function say(text) {
  said.textContent = text;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(field.value.trim());
});
leave.addEventListener("click", signOut);

if (shown) {
  form.hidden = true;
  signIn(shown);
} else {
  field.focus();
}
