"""benchmarks/methods2test.py: its draws are the same from both archives, and they hold what was written."""

import pytest


def test_the_draw_does_not_depend_on_the_order_of_the_archive(benchmark, tmp_path, capfd):
    found = benchmark.compare(tmp_path, 300, 40, 7)
    assert found["reproducible"] and all(draw["kept"] == 40 and not draw["skipped"] for draw in found["draws"])
    assert {draw["members"] for draw in found["draws"]} == {300}
    assert f"40 of 300 records, {found['archive_mib']:.0f} MiB: both draws are the same" in benchmark.table(found)
    other = benchmark.draw(tmp_path / "forwards.tar.bz2", 40, 8)
    assert other["drawn"] != found["draws"][0]["drawn"]  # so that equal digests say something
    assert "backwards" in capfd.readouterr().err


def test_records_are_written_in_blocks_of_repositories_both_ways(benchmark):
    forwards = list(benchmark.records(130))
    assert forwards == list(benchmark.records(130, backwards=True))[::-1]
    assert len({record["repository"]["repo_id"] for _, record in forwards}) == 2
    assert len({record["test_case"]["body"] for _, record in forwards}) == 130


@pytest.mark.parametrize(("reproducible", "peak", "code"), [(True, 1024, 0), (False, 1024, 1), (True, 1025, 1)])
def test_the_exit_code_says_whether_limits_held(benchmark, monkeypatch, capsys, reproducible, peak, code):
    found = {"reproducible": reproducible, "peak_mib": peak}
    monkeypatch.setattr(benchmark, "compare", lambda *_: found)
    assert benchmark.main(["--records", "1"]) == code
    assert f'"peak_mib": {peak}' in capsys.readouterr().out
