"""Token files: what is read, what is refused, and that no refusal tells the token."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chaintwin.errors import UsageError
from chaintwin.guard.token_files import token_in, write_token

TOKEN = "ct_0123456789-abcdefghij"


def test_token_in__what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("older")
    write_token(path, TOKEN)
    assert path.stat().st_mode & 0o777 == 0o600
    assert token_in(path, least=20) == TOKEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_token_in__files_that_others_may_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    write_token(path, TOKEN)
    path.chmod(mode)
    with pytest.raises(UsageError, match=f"--token-file.*fix: chmod 600 {re.escape(str(path))}") as refused:
        token_in(path)
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    "content", ["", "\n", f"{TOKEN} {TOKEN}", f"{TOKEN}\n{TOKEN}", f"{TOKEN}\x00", f"{TOKEN}ä", TOKEN * 1000]
)
def test_token_in__what_is_no_token(tmp_path: Path, content: str) -> None:
    path = tmp_path / "token"
    write_token(path, content)
    with pytest.raises(UsageError, match="no single token") as refused:
        token_in(path)
    assert TOKEN not in str(refused.value)


def test_token_in__short_ones_where_they_are_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "token"
    write_token(path, "short")
    assert token_in(path) == "short"
    with pytest.raises(UsageError, match=r"5 signs.*at least 20") as refused:
        token_in(path, least=20)
    assert "short" not in str(refused.value).replace(str(path), "")


def test_token_in__no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(UsageError, match="my option: found"):
            token_in(path, option="my option")
