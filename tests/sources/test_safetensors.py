"""``st:``: parameters from the header alone, and no header believed that does not agree with itself."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sources.reading import adds_up, outcome, read, spoilt

from linscope.errors import TargetError, UsageError
from linscope.report.record import LOWER_BOUND, Report

if TYPE_CHECKING:
    from pathlib import Path

BITS = {"F32": 32, "F16": 16, "BF16": 16, "I64": 64, "U8": 8, "F8_E4M3": 8, "F4": 4, "BOOL": 8, "C64": 64}

Tensors = dict[str, tuple[str, tuple[int, ...]]]

SMALL: Tensors = {
    "embed.weight": ("BF16", (10, 4)),  # 40 elements, 80 bytes
    "layers.0.fc.weight": ("F32", (3, 4)),  # 12, 48
    "layers.0.fc.bias": ("F32", (3,)),  # 3, 12
    "layers.1.fc.weight": ("F32", (3, 4)),
    "layers.1.fc.bias": ("F32", (3,)),
    "scale": ("F32", ()),  # 1, 4
    "empty": ("F32", (0, 5)),
}
ELEMENTS, BYTES = 40 + 2 * (12 + 3) + 1, 80 + 2 * (48 + 12) + 4


def header_of(tensors: Tensors) -> dict[str, Any]:
    header, place = {}, 0
    for name, (dtype, shape) in tensors.items():
        end = place + math.prod(shape) * BITS[dtype] // 8
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [place, end]}
        place = end
    return header


def file_of(header: Any, data: int | None = None, length: int | None = None) -> bytes:
    """A file with this header, and as many bytes of tensors as it asks for, or ``data``."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    if data is None:
        entries = header.items() if isinstance(header, dict) else ()
        data = max((entry["data_offsets"][1] for name, entry in entries if name[0] != "_"), default=0)
    return (len(text) if length is None else length).to_bytes(8, "little") + text + bytes(data)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    path.write_bytes(file_of({"__metadata__": {"format": "pt"}, **header_of(SMALL)}))
    return path


def test_parameters_and_bytes_are_exact(small: Path) -> None:
    report = read(f"st:{small}")
    assert (report.totals.parameters.total, report.totals.parameters.bytes) == (ELEMENTS, BYTES)
    assert adds_up(report)
    fc = report.calls_of("layers.1.fc")[0].parameters
    assert (fc.total, fc.bytes, dict(fc.shapes)) == (15, 60, {"weight": (3, 4), "bias": (3,)})
    assert report.calls_of("layers")[0].subtree_parameters == 30
    assert report.calls_of("")[0].parameters.total == 1  # scale, and the empty one


def test_parameters_are_told_by_dtype(small: Path) -> None:
    notes = {note.code: dict(note.data) for note in read(f"st:{small}").notes}
    assert notes["parameter-dtypes"] == {
        "bfloat16": {"elements": 40, "bytes": 80},
        "float32": {"elements": 31, "bytes": 124},
    }


def test_macs_are_unknown_and_not_zero(small: Path) -> None:
    report = read(f"st:{small}")
    assert report.status == LOWER_BOUND
    assert [row.name for row in report.uncounted] == ["forward"]
    assert "no-macs" in [note.code for note in report.notes]


def test_it_goes_with_the_schema(small: Path) -> None:
    from jsonschema import Draft202012Validator

    from linscope.report.schema import schema

    Draft202012Validator(schema()).validate(read(f"st:{small}").to_dict())


def test_neither_torch_nor_safetensors_is_imported(small: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests'); from sources.reading import read; "
        f"read({f'st:{small}'!r}); print({{'torch', 'numpy', 'safetensors'}} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_layers_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    names = sorted(f"h.{i}.w" for i in range(12))  # h.10 before h.2, as writers sort them
    path.write_bytes(file_of(header_of(dict.fromkeys(names, ("F32", (2,))))))
    rows = [row.path for row in read(str(path)).layers]
    assert rows == ["", "h", *(f"h.{i}" for i in range(12))]


@pytest.mark.parametrize(("dtype", "shape", "size"), [("F4", (3, 2), 3), ("F8_E4M3", (5,), 5), ("C64", (2,), 16)])
def test_narrow_and_wide_dtypes(tmp_path: Path, dtype: str, shape: tuple[int, ...], size: int) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(file_of(header_of({"w": (dtype, shape)})))
    assert read(f"st:{path}").totals.parameters.bytes == size


def test_it_agrees_with_the_package(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    package = pytest.importorskip("safetensors.torch")
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.LSTM(8, 4).half())
    path = tmp_path / "m.safetensors"
    package.save_file(model.state_dict(), str(path))
    totals = read(f"st:{path}").totals.parameters
    tensors = model.state_dict().values()
    assert totals.total == sum(t.numel() for t in tensors)
    assert totals.bytes == sum(t.numel() * t.element_size() for t in tensors)


# ── headers that lie ────────────────────────────────────────────────────────────────────────────────


def one(**changed: Any) -> dict[str, Any]:
    return {"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24], **changed}}


def two(begin: int, end: int) -> dict[str, Any]:
    return {**one(), "v": {"dtype": "F32", "shape": [1], "data_offsets": [begin, end]}}


LIES = {
    "nothing at all": b"",
    "less than a length": b"\x01\x02",
    "a header longer than the file": file_of(one(), length=10_000),
    "a header longer than any": file_of(one(), length=2**63),
    "no header": file_of(b""),
    "no JSON": file_of(b"{'w': 1}"),
    "no table": file_of(b"[]"),
    "spaces first": file_of(b" " + json.dumps(one()).encode(), data=24),
    "not UTF-8": file_of(b'{"\xff": 1}'),
    "a name twice": file_of(b'{"w": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}, "w": 1}', data=4),
    "a thousand brackets": file_of(b"[" * 100_000),
    "no number": file_of(b'{"w": {"dtype": "F32", "shape": [NaN], "data_offsets": [0, 4]}}', data=4),
    "cut short": file_of(one(), data=20),
    "bytes left over": file_of(one(), data=28),
    "an unknown dtype": file_of(one(dtype="F33")),
    "a dtype that is none": file_of(one(dtype=["F32"])),
    "a negative size": file_of(one(shape=[-2, -3])),
    "a size that is true": file_of(one(shape=[True, 6])),
    "a fraction of a size": file_of(one(shape=[2.0, 3])),
    "a shape that is none": file_of(one(shape="23")),
    "too many dimensions": file_of(one(shape=[1] * 100 + [6])),
    "more elements than there can be": file_of(one(shape=[2**40, 2**40])),
    "a product that wraps around": file_of(one(shape=[2**32, 2**32, 2, 3])),
    "offsets the wrong way": file_of(one(data_offsets=[24, 0]), data=24),
    "three offsets": file_of(one(data_offsets=[0, 24, 24]), data=24),
    "offsets before the file": file_of(one(data_offsets=[-24, 0]), data=0),
    "offsets too far apart": file_of(one(data_offsets=[0, 28])),
    "half a byte": file_of(one(dtype="F4", shape=[3], data_offsets=[0, 1])),
    "overlapping": file_of(two(20, 24), data=24),
    "with a hole": file_of(two(28, 32)),
    "more than asked for": file_of(one(more=1)),
    "less than asked for": file_of({"w": {"dtype": "F32", "shape": [1]}, "v": one()["w"]}, data=24),
    "metadata of numbers": file_of({"__metadata__": {"a": 1}, **one()}),
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
}


@pytest.mark.parametrize("data", LIES.values(), ids=LIES)
def test_a_header_that_lies_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(data)
    with pytest.raises(TargetError) as refused:
        read(f"st:{path}")
    assert refused.value.exit_code == 3
    assert len(str(refused.value)) < 600


def test_whatever_is_done_to_a_file_there_is_an_answer_or_an_error(small: Path) -> None:
    good = small.read_bytes()
    header = 8 + int.from_bytes(good[:8], "little")
    kinds = set()
    for data in spoilt(good, 600, within=header):
        found = outcome(small, data, "st")
        if isinstance(found, Report):  # a name was changed, or a shape to another of as many elements
            assert found.totals.parameters.bytes == BYTES
        kinds.add(found if isinstance(found, str) else "report")
    assert kinds == {"target", "report"}


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(pickle.dumps({"w": 1}))
    with pytest.raises(UsageError, match="pickle"):
        read(f"st:{path}")


def test_what_torch_save_writes_is_refused_as_the_pickle_that_it_is(tmp_path: Path) -> None:
    for name in ("model.pt", "pytorch_model.bin"):
        path = tmp_path / name
        path.write_bytes(b"PK\x03\x04" + bytes(60))
        with pytest.raises(UsageError, match="pickle"):
            read(f"st:{path}")


def test_a_circle_of_links_leads_to_no_file(tmp_path: Path) -> None:
    one, other = tmp_path / "one.safetensors", tmp_path / "other.safetensors"
    one.symlink_to(other)
    other.symlink_to(one)
    with pytest.raises(TargetError, match="is a link that leads to no file") as refused:
        read(f"st:{one}")
    assert refused.value.hint is None


def test_a_name_that_is_near_is_offered(small: Path) -> None:
    with pytest.raises(TargetError) as missing:
        read(f"st:{small.with_name('modle.safetensors')}")
    assert missing.value.hint == f"did you mean st:{small}?"


def test_what_has_no_use_for_a_file_of_tensors_is_refused(small: Path) -> None:
    for asked in ({"batch": 2}, {"inputs": "[1]"}, {"sizes": {"B": 1}}, {"dtype": "float16"}, {"training": True}):
        with pytest.raises(UsageError, match="no forward"):
            read(f"st:{small}", **asked)


# ── several files ───────────────────────────────────────────────────────────────────────────────────


def sharded(folder: Path, **changed: Any) -> Path:
    names = list(SMALL)
    for number, part in enumerate((names[:3], names[3:])):
        (folder / f"m-{number}.safetensors").write_bytes(file_of(header_of({name: SMALL[name] for name in part})))
    homes = {name: f"m-{int(names.index(name) >= 3)}.safetensors" for name in names}
    index = {"metadata": {"total_size": BYTES}, "weight_map": homes, **changed}
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps(index))
    return path


def test_an_index_and_the_folder_that_holds_it(tmp_path: Path) -> None:
    path = sharded(tmp_path)
    for target in (f"st:{path}", f"st:{tmp_path}"):
        report = read(target)
        assert report.totals.parameters.total == ELEMENTS
        assert adds_up(report)
        assert "index-size" not in [note.code for note in report.notes]


def test_a_total_size_that_is_wrong_is_told(tmp_path: Path) -> None:
    notes = read(f"st:{sharded(tmp_path, metadata={'total_size': 1})}").notes
    assert [dict(note.data) for note in notes if note.code == "index-size"] == [{"said": 1, "bytes": BYTES}]


def test_a_tensor_that_the_index_leaves_out_is_in_no_count_and_told(tmp_path: Path) -> None:
    path = sharded(tmp_path)
    index = json.loads(path.read_text())
    del index["weight_map"]["embed.weight"]
    path.write_text(json.dumps(index))
    report = read(f"st:{path}")
    assert report.totals.parameters.total == ELEMENTS - 40
    assert [dict(n.data) for n in report.notes if n.code == "not-in-index"] == [{"names": ("embed.weight",)}]


WRONG = {
    "up and out": {"weight_map": {"embed.weight": "../m-0.safetensors"}},
    "from the root": {"weight_map": {"embed.weight": "/etc/passwd"}},
    "from another drive": {"weight_map": {"embed.weight": "C:m.safetensors"}},
    "the folder itself": {"weight_map": {"embed.weight": "."}},
    "no name": {"weight_map": {"embed.weight": ""}},
    "a zero byte": {"weight_map": {"embed.weight": "a\0b"}},
    "a file that is missing": {"weight_map": {"embed.weight": "m-7.safetensors"}},
    "a tensor that is elsewhere": {"weight_map": {"embed.weight": "m-1.safetensors"}},
    "no names of files": {"weight_map": {"embed.weight": 1}},
    "no map": {"weight_map": None},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
def test_an_index_that_points_elsewhere_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "m-0.safetensors").write_bytes(file_of(header_of(SMALL)))
    with pytest.raises(TargetError):
        read(f"st:{sharded(inside, **changed)}")


def test_a_missing_file_is_named_with_one_that_is_near(tmp_path: Path) -> None:
    path = sharded(tmp_path)
    (tmp_path / "m-1.safetensors").rename(tmp_path / "m-11.safetensors")
    with pytest.raises(TargetError, match=r"m-1\.safetensors, which is missing; m-1{0,2}"):
        read(f"st:{path}")


def test_a_folder_says_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no safetensors file"):
        read(f"st:{tmp_path}")
    for name in ("a", "b"):
        (tmp_path / f"{name}.safetensors").write_bytes(file_of(one()))
    with pytest.raises(TargetError, match="several"):
        read(f"st:{tmp_path}")
    (tmp_path / "model.safetensors").write_bytes(file_of(header_of(SMALL)))
    assert read(f"st:{tmp_path}").totals.parameters.total == ELEMENTS
