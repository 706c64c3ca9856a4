"""trident/corpus/methods2test.py: round trips, and what it makes of archives that are broken or hostile."""

import bz2
import io
import json
import tarfile

import pytest
from helpers.java_records import write_archive
from hypothesis import given, settings
from hypothesis import strategies as st

from trident.corpus import methods2test
from trident.corpus.schema import CorpusError


def record(repository="7", number=0, **changes):
    name = f"add{number}"
    return {
        "test_class": {
            "identifier": "BagTest",
            "superclass": "",
            "interfaces": "",
            "fields": [],
            "file": "src/test/java/BagTest.java",
        },
        "test_case": {
            "identifier": f"test{name}",
            "parameters": "()",
            "body": f"@Test public void test{name}() {{ assertEquals({number}, bag.{name}()); }}",
        },
        "focal_class": {
            "identifier": "Bag",
            "superclass": "",
            "interfaces": "",
            "fields": [],
            "methods": [],
            "file": "src/main/java/Bag.java",
        },
        "focal_method": {"identifier": name, "parameters": "()", "body": f"public int {name}() {{ return {number}; }}"},
        "repository": {
            "repo_id": int(repository),
            "url": "https://example.org/bag",
            "language": "Java",
            "fork_count": 1,
        },
        **changes,
    }


def as_read(raw, origin, mapping="published"):
    method = ("identifier", "body")
    return {
        "test_case": {key: raw["test_case"][key] for key in method},
        "focal_class": {key: raw["focal_class"][key] for key in ("identifier", "file")},
        "focal_method": {key: raw["focal_method"][key] for key in method},
        "repository": {"repo_id": str(raw["repository"]["repo_id"])},
        "mapping": mapping,
        "origin": origin,
    }


@pytest.fixture
def raw():
    return [record(repository, number) for repository in ("7", "12", "305") for number in range(4)]


def write(path, members):
    """A bzip2 tar archive of TarInfo/content pairs or (name, content) pairs."""
    with tarfile.open(path, "w:bz2") as tar:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return path


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_dataset_layout_round_trip(tmp_path, raw):
    path = tmp_path / "train.tar.bz2"
    write_archive(path, raw)
    with tarfile.open(path) as tar:
        assert tar.getnames() == [f"{r}/{r}_{n}.json" for r in ("7", "12", "305") for n in range(4)]
        assert json.load(tar.extractfile("12/12_1.json"))["focal_method"] == raw[5]["focal_method"]
    records, report = methods2test.read(path)
    expected = [
        as_read(r, f"train.tar.bz2:{r['repository']['repo_id']}/{r['repository']['repo_id']}_{i % 4}.json")
        for i, r in enumerate(raw)
    ]
    records = [r.model_dump() for r in records]
    assert sorted(records, key=lambda r: r["origin"]) == sorted(expected, key=lambda r: r["origin"])
    assert report == {"archive": "train.tar.bz2", "members": 12, "examined": 12, "kept": 12, "skipped": {}}


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(12)), limit=st.integers(0, 14), seed=st.integers(0, 3))
def test_the_draw_depends_on_names_and_seed_alone(tmp_path_factory, order, limit, seed):
    folder = tmp_path_factory.mktemp("draw")
    members = [(f"{i}/{i}_0.json", json.dumps(record(str(i))).encode()) for i in range(12)]
    one, _ = methods2test.read(write(folder / "a.tar.bz2", members), limit=limit, seed=seed)
    other, _ = methods2test.read(write(folder / "a.tar.bz2", [members[i] for i in order]), limit=limit, seed=seed)
    assert one == other
    assert len(one) == min(limit, 12)
    assert methods2test.read(folder / "a.tar.bz2", limit=limit + 1, seed=seed)[0][:limit] == one
    assert methods2test.read(folder / "a.tar.bz2", seed=seed)[0][:limit] == one


def test_another_seed_draws_others(tmp_path):
    path = write(tmp_path / "a.tar.bz2", [(f"{i}/{i}_0.json", json.dumps(record(str(i))).encode()) for i in range(40)])
    assert methods2test.read(path, limit=10, seed=1)[0] != methods2test.read(path, limit=10, seed=2)[0]


def test_bad_members_are_counted_by_reason_and_the_rest_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(methods2test, "MAX_MEMBER_BYTES", 2 << 20)
    good = json.dumps(record()).encode()
    surrogate = record()
    surrogate["focal_method"]["body"] = 'String s = "\ud800";'
    path = write(
        tmp_path / "train.tar.bz2",
        [
            ("train", b"x"),
            (special("train/7", tarfile.DIRTYPE), b""),
            ("7/7_0.json", good),
            ("../7_1.json", good),
            ("/etc/7_2.json", good),
            ("7/../../7_3.json", good),
            ("..\\7_3.json", good),
            (special("7/7_4.json", tarfile.SYMTYPE, "/etc/passwd"), b""),
            (special("7/7_5.json", tarfile.LNKTYPE, "7/7_0.json"), b""),
            (special("7/7_6.json", tarfile.CHRTYPE), b""),
            (special("7/7_7.json", tarfile.FIFOTYPE), b""),
            ("7/7_8.json", b""),
            ("7/._7_8.json", b"\0\1"),
            ("7/readme.txt", b"hello"),
            ("7/7_9.json", b" " * (2 << 20) + good),
            ("7/7_10.json", "ü".encode("latin-1")),
            ("7/7_11.json", b'{"a": '),
            ("7/7_12.json", b"[" * 100_000),
            ("7/7_13.json", b"[1]"),
            ("7/7_14.json", json.dumps({k: v for k, v in record().items() if k != "focal_method"}).encode()),
            ("7/7_15.json", json.dumps(record(test_case={"identifier": "t", "body": 3})).encode()),
            ("7/7_16.json", json.dumps(record(test_case={"identifier": "t", "body": " "})).encode()),
            ("7/7_17.json", json.dumps(surrogate).encode()),
            ("7/7_0.json", good),
            ("7/caf\udce9.json", good),
        ],
    )
    records, report = methods2test.read(path)
    assert [r.origin for r in sorted(records, key=lambda r: r.origin)] == [
        *(f"train.tar.bz2:{name}" for name in ("../7_1.json", "/etc/7_2.json", "7/../../7_3.json")),
        "train.tar.bz2:7/7_0.json",
        "train.tar.bz2:7/caf\\udce9.json",
    ]
    counted = {reason: (entry["count"], entry["first"]) for reason, entry in report["skipped"].items()}
    assert counted == {
        "not a .json file": (8, "train"),
        "larger than 2 MiB": (1, "7/7_9.json"),
        "not JSON": (5, "7/7_8.json"),
        "record: Input should be an object": (1, "7/7_13.json"),
        "focal_method: Field required": (1, "7/7_14.json"),
        "test_case.body: Input should be a valid string": (1, "7/7_15.json"),
        "test_case.body: String should match pattern '\\S'": (1, "7/7_16.json"),
        "repeated name": (1, "7/7_0.json"),
    }
    assert report["members"] == len(records) + sum(count for count, _ in counted.values())
    assert sorted(tmp_path.iterdir()) == [path], "nothing is unpacked"
    json.dumps(report, ensure_ascii=False).encode()


def incompressible(count):
    import random

    draw = random.Random(0)
    return [
        (
            f"{i}/{i}_0.json",
            json.dumps(record(str(i), test_class={"identifier": "T", "file": draw.randbytes(20_000).hex()})).encode(),
        )
        for i in range(count)
    ]


def test_truncated_archive_keeps_what_came_before(tmp_path):
    path = write(tmp_path / "a.tar.bz2", incompressible(60))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    records, report = methods2test.read(path)
    assert 0 < len(records) < 60
    assert report["kept"] == len(records)
    assert report["skipped"]["archive truncated or damaged from here on"]["count"] == 1


@pytest.mark.parametrize("cut", ["header", "content", "between"])
def test_damage_inside_an_intact_bzip2_stream_is_seen(tmp_path, cut):
    plain = bytearray(bz2.decompress(write(tmp_path / "a.tar.bz2", incompressible(3)).read_bytes()))
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        third = tar.getmembers()[2]
    if cut == "header":
        plain[third.offset : third.offset + 300] = b"\xff" * 300
    elif cut == "content":
        del plain[third.offset_data + 1000 :]
    else:
        plain[third.offset :] = b"rubbish" * 1000
    (tmp_path / "a.tar.bz2").write_bytes(bz2.compress(plain))
    records, report = methods2test.read(tmp_path / "a.tar.bz2")
    assert len(records) == 2
    assert report["skipped"]["archive truncated or damaged from here on"]["count"] == 1


def test_absurd_extended_header_is_not_read_into_memory(tmp_path):
    good = io.BytesIO()
    with tarfile.open(fileobj=good, mode="w") as tar:
        info = tarfile.TarInfo("7/7_0.json")
        content = json.dumps(record()).encode()
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    huge = special("pax", tarfile.XHDTYPE)
    huge.size = 1 << 33
    data = good.getvalue()[: 512 + (len(content) + 511) // 512 * 512] + huge.tobuf(tarfile.GNU_FORMAT) + bytes(1024)
    path = tmp_path / "a.tar.bz2"
    path.write_bytes(bz2.compress(data))
    records, report = methods2test.read(path)
    assert len(records) == 1
    assert "archive truncated or damaged from here on" in report["skipped"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no archive"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "git lfs pull"),
        (b"", "not a bzip2 tar archive"),
        (b"PK\3\4 something else", "not a bzip2 tar archive"),
        (bz2.compress(b"no tar at all" * 100), "not a bzip2 tar archive"),
    ],
)
def test_what_is_no_archive_is_an_error(tmp_path, content, message):
    path = tmp_path / "train.tar.bz2"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorpusError, match=message) as error:
        methods2test.read(path)
    assert str(path) in str(error.value)
