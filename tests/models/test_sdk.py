"""anthropic, openai: the official SDKs ask a server that speaks their format, and its failures are failed calls."""

import builtins
import time
from typing import Any

import pytest

from gitskills.models.choose import model
from gitskills.models.protocol import Model, ModelFailed
from tests.providers import Answer, Provider, provider

SDKS = ("anthropic", "openai")


@pytest.fixture(params=SDKS)
def sdk(request: pytest.FixtureRequest) -> str:
    """The name of an SDK; the test is skipped, visibly, where it is not installed."""
    name: str = request.param
    pytest.importorskip(name, reason=f"the extra gitskills[{name}] is not installed", exc_type=ImportError)
    return name


def asked(sdk: str, server: Provider, home: Any, **environ: str) -> Model:
    """Return the model behind that server."""
    url = server.url if sdk == "anthropic" else f"{server.url}/v1"
    key = {f"{sdk.upper()}_API_KEY": "sk-secret-1234"}
    return model(f"{sdk}:m-1", "judge", {f"{sdk.upper()}_BASE_URL": url, **key, **environ}, home)


def test_it_answers(sdk: str, tmp_path: Any) -> None:
    """One request with the system text, the prompt, the key, and no tools; the text of the answer comes back."""
    with provider('{"outcome": "ok"}\n') as server:
        said = asked(sdk, server, tmp_path).ask("Be a judge.", "A prompt. ü", role="judge")
    ((path, headers, body),) = server.requests
    assert said == '{"outcome": "ok"}'
    assert path == ("/v1/messages" if sdk == "anthropic" else "/v1/chat/completions")
    sent = {name.lower(): value for name, value in headers.items()}
    assert "sk-secret-1234" in (sent.get("x-api-key") or sent["authorization"])
    assert body["model"] == "m-1" and not body.get("tools")
    system = {"role": "system", "content": "Be a judge."}
    user = {"role": "user", "content": "A prompt. ü"}
    assert body["messages"] == ([user] if sdk == "anthropic" else [system, user])
    assert body.get("system") == ("Be a judge." if sdk == "anthropic" else None)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_an_error_is_a_failed_call(sdk: str, status: int, tmp_path: Any) -> None:
    """What trying again does not change is asked once, and told without the key."""
    with provider(Answer(status=status)) as server, pytest.raises(ModelFailed, match=f"stub error {status}") as failure:
        asked(sdk, server, tmp_path).ask("s", "p", role="judge")
    assert len(server.requests) == 1 and "sk-secret" not in failure.value.message


def test_a_server_that_stumbles_is_asked_again(sdk: str, tmp_path: Any) -> None:
    """One overload in between is no failure; more than two are."""
    with provider(Answer(status=500), "fine") as server:
        assert asked(sdk, server, tmp_path).ask("s", "p", role="judge") == "fine"
    with provider(Answer(status=500)) as server, pytest.raises(ModelFailed, match="500"):
        asked(sdk, server, tmp_path).ask("s", "p", role="judge")
    assert len(server.requests) == 3


@pytest.mark.parametrize("answer", [Answer(""), Answer(" \n")])
def test_an_empty_answer_is_a_failed_call(sdk: str, answer: Answer, tmp_path: Any) -> None:
    """No text is no answer."""
    with provider(answer) as server, pytest.raises(ModelFailed, match="no answer"):
        asked(sdk, server, tmp_path).ask("s", "p", role="judge")


def test_half_an_answer_is_a_failed_call(sdk: str, tmp_path: Any) -> None:
    """What was cut off at the limit of tokens is not taken for whole."""
    half = Answer('{"outcome": "ok"}', stop="max_tokens" if sdk == "anthropic" else "length")
    with provider(half) as server, pytest.raises(ModelFailed, match=r"longer than|cut off"):
        asked(sdk, server, tmp_path).ask("s", "p", role="judge")


@pytest.mark.parametrize("slow", [Answer("late", delay=20), Answer("drop by drop", drip=True)], ids=["silent", "drip"])
def test_it_never_hangs(sdk: str, slow: Answer, tmp_path: Any) -> None:
    """Neither a server that says nothing nor one that never ends is waited for, all attempts together."""
    start = time.monotonic()
    with provider(slow) as server, pytest.raises(ModelFailed):
        asked(sdk, server, tmp_path, GITSKILLS_MODEL_TIMEOUT="1.5").ask("s", "p", role="judge")
    assert time.monotonic() - start < 10


def test_nobody_listens(sdk: str, tmp_path: Any) -> None:
    """A server that is not there is a failed call."""
    with provider("x") as server:
        pass
    with pytest.raises(ModelFailed, match=f"{sdk}:m-1 failed"):
        asked(sdk, server, tmp_path).ask("s", "p", role="judge")


def test_without_a_key(sdk: str, tmp_path: Any) -> None:
    """The user is told which variable holds the key."""
    with pytest.raises(ModelFailed) as failure:
        model(f"{sdk}:m-1", "judge", {}, tmp_path).ask("s", "p", role="judge")
    assert f"{sdk.upper()}_API_KEY" in failure.value.hint


def test_a_local_server_needs_no_key(tmp_path: Any) -> None:
    """With a base URL and no key, as servers on one's own machine have it."""
    pytest.importorskip("openai", reason="the extra gitskills[openai] is not installed")
    with provider("fine") as server:
        found = model("openai:qwen", "judge", {"OPENAI_BASE_URL": f"{server.url}/v1"}, tmp_path)
        assert found.ask("s", "p", role="judge") == "fine"


@pytest.mark.parametrize("name", SDKS)
def test_without_the_extra(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Where the SDK is not installed, the call fails and says what to install."""
    real = builtins.__import__

    def missing(wanted: str, *args: Any, **kwargs: Any) -> Any:
        if wanted.split(".")[0] == name:
            raise ImportError(wanted)
        return real(wanted, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ModelFailed, match=f"needs the extra `{name}`") as failure:
        model(f"{name}:m-1", "judge", {}, tmp_path).ask("s", "p", role="judge")
    assert f"gitskills[{name}]" in failure.value.hint
