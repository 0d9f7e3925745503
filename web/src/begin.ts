// Runs before all else: a token in the address is gone before any part of the page reads the address.

import { takeToken } from "./api/session";

takeToken(location, history, sessionStorage);
