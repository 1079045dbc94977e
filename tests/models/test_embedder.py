"""Which embedder is chosen, and what is said where it cannot be had."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from gitskills.models.embedder import VARIABLE, Embedder, choose
from gitskills.models.protocol import ModelFailed
from tests.processes import gitskills
from tests.repositories import Commit, bare_repository

HERE = importlib.util.find_spec("sentence_transformers") is not None


def test_environment_then_user_decide_and_a_project_may_only_refuse(tmp_path: Path) -> None:
    """The environment wins over the user's file; a project's file can turn it off, and name none."""
    user = {"embedder": "~/minilm"}

    def chosen(environ: dict[str, str], project: dict[str, str]) -> str | None:
        found = choose(environ=environ, home=tmp_path, project=project, user=user)
        return found.name if found else None

    assert chosen({VARIABLE: "other"}, {"embedder": "off"}) == "other"
    assert chosen({}, {}) == str(tmp_path / "minilm")
    assert chosen({}, {"embedder": "evil/model"}) == str(tmp_path / "minilm")
    assert chosen({}, {"embedder": "off"}) is None
    assert chosen({VARIABLE: ""}, {}) is None
    assert choose(environ={}, home=tmp_path, project={"embedder": "evil/model"}) is None


def test_a_folders_name_changes_with_its_weights(tmp_path: Path) -> None:
    """Vectors of other weights in the same folder are other vectors."""
    (tmp_path / "model.safetensors").write_bytes(b"1")
    before = Embedder(str(tmp_path), tmp_path).name
    (tmp_path / "model.safetensors").write_bytes(b"12")
    assert before != Embedder(str(tmp_path), tmp_path).name


def test_a_model_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    """`search` with an embedder that is not there says what is missing and how to mend it, and does not fall over."""
    library = bare_repository(tmp_path / "l.git", Commit({"skills/a/SKILL.md": SKILL}, "a"))
    (tmp_path / "gitskills.yaml").write_text(f"sources:\n  team:\n    url: {library}\n")
    assert gitskills("pull", cwd=tmp_path).code == 0
    done = gitskills("search", "anything", cwd=tmp_path, env={VARIABLE: str(tmp_path / "none"), "HF_HUB_OFFLINE": "1"})
    assert done.code == 1 and "embedder" in done.err and "Traceback" not in done.err
    assert VARIABLE in done.err if HERE else "gitskills[semantic]" in done.err


def test_nothing_of_it_is_loaded_where_none_is_named() -> None:
    """The module that knows the library does not load it."""
    code = "import sys, gitskills.models.embedder, gitskills.cards.semantic; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "sentence_transformers"} & set(loaded)


def test_a_real_model_makes_vectors(tmp_path: Path) -> None:
    """A tiny sentence-transformers model, made here, is loaded from its folder and tells near from far."""
    library = pytest.importorskip("sentence_transformers", reason="the extra gitskills[semantic] is not installed")
    modules = pytest.importorskip("sentence_transformers.sentence_transformer.modules")
    words = ["ship", "cluster", "bill"]
    library.SentenceTransformer(modules=[modules.BoW(vocab=words)], device="cpu").save(str(tmp_path / "bow"))
    embedder = Embedder(str(tmp_path / "bow"), tmp_path)
    near, far, odd = embedder.likeness("ship", [*embedder.embed(["ship ship", "bill"]), b"\0"])
    assert near == pytest.approx(1) and far == odd == 0
    with pytest.raises(ModelFailed, match="cannot be loaded"):
        Embedder(str(tmp_path), tmp_path).embed(["x"])


SKILL = "---\nname: a\ndescription: Something.\n---\nBody.\n"
