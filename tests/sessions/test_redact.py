"""Secrets do not reach a judge, ordinary words do, and no text takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitskills.sessions.redact import redact

RANDOM = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
PEM = "-----BEGIN {0}PRIVATE KEY-----\n" + "\n".join([RANDOM * 2] * 20)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzKEY", "wJalrXUtn"),
        ("AKIAIOSFODNN7ABCDEFG", "AKIAIOSF"),
        (f"git clone https://joe:{RANDOM}@example.com/x.git", RANDOM),
        ("mysql://root:hunter2@db/x", "hunter2"),
        (f"Authorization: Bearer {RANDOM}", RANDOM),
        (f"curl -H 'X-Api-Key: {RANDOM}'", RANDOM),
        (f"ghp_{RANDOM}", RANDOM),
        (f"the key is sk-ant-api03-{RANDOM}-{RANDOM}", RANDOM),
        (f"sk-proj-{RANDOM}{RANDOM}", RANDOM),
        (f"sk-{RANDOM[:20]}", RANDOM[:20]),
        (f"npm_{RANDOM}", RANDOM),
        ('{"password": "correct horse"}', "correct"),
        ('{\\"password\\": \\"hunter2!\\"}', "hunter2"),
        ("password = 'swordfish'", "swordfish"),
        ("DB_PASSWORD=swordfish1", "swordfish1"),
        ("client_secret: Xq9-77-abc", "Xq9-77"),
        ("my password is hunter22, please", "hunter22"),
        ("tool --password hunter22 --verbose", "hunter22"),
        ("tool --token=abcdef123", "abcdef123"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "s1" * 4_000, "s1s1"),
        (PEM.format("RSA ") + "\n-----END RSA PRIVATE KEY-----", RANDOM),
        (PEM.format("") + "\n-----END PRIVATE KEY-----", RANDOM),
        (PEM.format("OPENSSH "), RANDOM),
        (PEM.format("EC ").replace("\n", "\\n"), RANDOM),
        (f"PuTTY-User-Key-File-3: ssh-rsa\n{RANDOM}\nPrivate-MAC: abcdef01", RANDOM),
    ],
)
def test_a_secret_goes(text: str, secret: str) -> None:
    """Whatever form it has, nothing of it is left, in the middle of text and in the middle of a very long line."""
    for whole in (text, f"before {text} after\nnext", "word " * 5_000 + text + " word" * 5_000):
        clean = redact(whole)
        assert secret not in clean and "[redacted: " in clean
        assert clean.startswith(whole[:3]) or text == whole


@pytest.mark.parametrize(
    "text",
    [
        "the password is wrong", "password: string", "password = settings.password", "max_tokens: 128000",
        "token = response.token", "Bearer of bad news", "keyboard: qwerty", "secret = None", "key: value",
        "commit 0f9eb26df13943cc950100b507960e03", "https://example.com:8080/path", "import secrets",
        "Basic instructions for everyone", "password=$PASSWORD", "https://user:$TOKEN@example.com/", "monkey: 1",
        "git@example.com:acme/skills.git", "pass the tokenizer_config: bert-base-uncased to it", "author: someone",
    ],
)  # fmt: skip
def test_ordinary_words_stay(text: str) -> None:
    """Prose and code that speak of passwords without telling one are the judge's evidence."""
    assert redact(text) == text


@given(st.text() | st.text(alphabet="passwordtkn=: \"'\n-BEGIRVAYK0123abc://@"))
def test_redacting_twice_changes_nothing(text: str) -> None:
    """What was redacted has nothing left to redact."""
    once = redact(text)
    assert redact(once) == once


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_token_goes_whatever_surrounds_it(before: str, after: str) -> None:
    """A provider's token is recognised in any surroundings that are not more letters of it."""
    assert RANDOM not in redact(f"{before} ghp_{RANDOM} {after}")


@pytest.mark.parametrize(
    "unit",
    [
        "a", "password", "password=", 'secret"', "sk-", "eyJhbGciOi.", "://a:", "x:y@", "AKIA", "aws key '", "\n",
        "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN ", "bearer ", "token: a1", "xoxb-1-", "//x/", "\0", "é",
    ],
)  # fmt: skip
def test_no_text_takes_long(unit: str) -> None:
    """A line of half a megabyte made to fit the patterns halfway takes a time that 5 MB can afford."""
    text = unit * (500_000 // len(unit))
    begin = time.monotonic()
    redact(text)
    assert time.monotonic() - begin < 10
