"""Where results go: closed and full streams, files, the bare command, completion."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cli.shell import linscope, process

from linscope.cli.complete import complete_layer, complete_lesson, complete_spec

SPEC = "[32,3,4] -> Linear(4,2)"


def in_shell(tail: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``linscope`` in a shell, its streams as ``tail`` sets them."""
    quoted = " ".join(f"'{argument}'" for argument in arguments)
    return subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -m linscope {quoted} {tail}"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [["--version"], ["layers"], ["analyze", SPEC, "--json"]])
def test_a_full_disk_is_said_in_one_line(arguments: list[str]) -> None:
    done = in_shell(">/dev/full", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error[output]: the output cannot be written")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("tail", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_quiet(tail: str) -> None:
    done = in_shell(tail, "analyze", "[32,3,4] -> Linaer(4,2)")
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr


def test_no_input_to_read_is_an_error() -> None:
    done = linscope("analyze", "-", "--format", "jsonl", stdin="\n\n")
    assert done.code == 2
    assert "no spec on standard input" in done.out
    assert in_shell("<&-", "analyze", "-", "--format", "jsonl").returncode == 2


def test_the_bare_command_shows_its_help() -> None:
    done = process()
    assert done.code == 2
    assert "analyze" in done.err and "Usage:" in done.err
    assert "error[" not in done.err


def test_an_error_for_a_file_is_read_by_people_unless_json_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    done = linscope("analyze", "[3] -> Relu6", "-o", str(path))
    assert (done.code, done.out) == (2, "")
    assert "did you mean ReLU6?" in done.err
    asked = linscope("analyze", "[3] -> Relu6", "-o", str(path), "--json")
    assert asked.document["error"]["kind"] == "notation"
    assert not path.exists()


def test_a_file_with_an_unknown_ending_is_asked_about(tmp_path: Path) -> None:
    done = linscope("analyze", SPEC, "-o", str(tmp_path / "report.xyz"))
    assert done.code == 2
    assert "'.xyz'" in done.err and "--format" in done.err


# ── completion ──────────────────────────────────────────────────────────────────────────────────────


def completed(incomplete: str) -> list[str]:
    return [item.value for item in complete_spec(None, None, incomplete)]


def test_layer_names_are_completed_inside_a_spec() -> None:
    assert completed("[3,4] -> Bilin") == ["[3,4] -> Bilinear", "[3,4] -> Bilinear("]
    assert "[3,4] -> nn.Conv2d(" in completed("[3,4] -> nn.Conv")
    assert completed("[3,4] -> softm") == ["[3,4] -> softmax"]
    assert completed("[3,4] -> dropou")[0] == "[3,4] -> Dropout"


def test_arguments_are_completed_inside_a_call_and_case_is_kept_there() -> None:
    assert completed("[3,4] -> Linear(4,2,bi") == ["[3,4] -> Linear(4,2,bias="]
    assert "[3,4] -> Sequential(Linear" in completed("[3,4] -> Sequential(Lin")


def test_dtypes_are_completed_after_a_colon() -> None:
    assert completed("[2,128]:int6") == ["[2,128]:int64"]


def test_words_typed_with_backslashes_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMP_WORDS", r"linscope analyze [3,4]\ -\>\ Linea")
    assert completed("[3,4] -> Linea") == []


def test_layers_completes_methods_too() -> None:
    assert [item.value for item in complete_layer(None, None, "fla")] == ["flatten"]
    assert [item.value for item in complete_layer(None, None, "conv1")] == ["Conv1d"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script(shell: str) -> None:
    done = linscope("completion", shell)
    assert done.code == 0
    assert "_LINSCOPE_COMPLETE" in done.out


def test_bash_completes_a_layer_name() -> None:
    """The protocol of the script, as bash speaks it."""
    done = process(_LINSCOPE_COMPLETE="bash_complete", COMP_WORDS='linscope analyze "[3,4] -> Bilin', COMP_CWORD="2")
    assert "plain,[3,4] -> Bilinear(" in done.out


def test_lessons_complete_and_so_do_specs_in_their_place() -> None:
    def offered(incomplete: str) -> list[str]:
        return [item.value for item in complete_lesson(None, None, incomplete)]

    assert offered("col") == ["column-vs-row"]
    assert {"transpose", "bmm"} <= set(offered(""))
    assert "[3,4] -> Linear" in offered("[3,4] -> Lin")
