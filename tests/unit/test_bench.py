"""The bench's pure parts: who is taken when, ratios, tables and their places, and what a soak calls out of bounds."""

import os
import platform
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench import __main__ as runner
from bench import measure, programs, real, report, soak
from bench.contenders import BARE, MAP, TERRAFORM, Life
from bench.lab import Ran
from bench.report import Table
from local_aws import plugin


def test_contenders_take_turns_in_changing_order() -> None:
    taken: list[str] = []
    found = measure.in_turn({name: lambda name=name: taken.append(name) or name for name in "ABC"}, 3)  # type: ignore[misc]
    assert "".join(taken) == "ABCCBAABC"
    assert found == {"A": ["A"] * 3, "B": ["B"] * 3, "C": ["C"] * 3}


def test_a_ratio_is_taken_within_each_round() -> None:
    # The second round was ten times slower for both: within it nothing changed.
    assert measure.ratio([2.0, 20.0, 2.2], [1.0, 10.0, 1.0]) == 2.0


def test_a_process_has_memory_where_the_system_tells_it() -> None:
    told = Path("/proc/self/status").exists()
    assert (measure.memory_of(os.getpid()) > measure.MB) == told
    assert (measure.memory_of(os.getpid(), "VmRSS") > measure.MB) == told
    assert measure.memory_of(2**30) == 0


def test_a_table_in_markdown() -> None:
    table = Table("x", ["one", "up"], [["ours", "1.0 s"], ["by hand", "10.0 s"]])
    assert table.markdown().splitlines() == [
        "| one     |     up |",
        "| ------- | -----: |",
        "| ours    |  1.0 s |",
        "| by hand | 10.0 s |",
    ]


def test_a_table_takes_the_place_between_its_markers() -> None:
    page = "before\n<!-- bench:a -->\nold\n<!-- /bench:a -->\nbetween\n<!-- bench:b -->\n<!-- /bench:b -->\n"
    once = report.place(page, "a", r"new \1")
    assert once == page.replace("old", r"new \1")
    assert report.place(once, "a", r"new \1") == once


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("", id="none"),
        pytest.param("<!-- bench:a -->", id="no-end"),
        pytest.param("<!-- bench:a --><!-- bench:a --><!-- /bench:a -->", id="two-begins"),
        pytest.param("<!-- bench:a --><!-- /bench:a --><!-- /bench:a -->", id="two-ends"),
    ],
)
def test_a_page_without_the_marker_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match=r"must hold '<!-- bench:a -->' and '<!-- /bench:a -->' once each"):
        report.place(page, "a", "new")


def test_on_the_real_provider_each_cell_has_its_ratios_to_terraform_and_to_by_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lived(seconds: float) -> list[Life]:
        return [Life({"up": Ran(measure.Sample(seconds, 2 * seconds, 0), 0, 0)})]

    found = {MAP: lived(3.0), BARE: lived(2.0), TERRAFORM: lived(4.0)}
    monkeypatch.setattr(real, "lives", lambda *_: found)
    monkeypatch.setattr(real, "has_terraform", lambda: True)
    monkeypatch.delenv(plugin.BINARY, raising=False)
    options = runner.Options((50,))
    assert real.compare(None, options) == []  # type: ignore[arg-type]
    monkeypatch.setenv(plugin.BINARY, "/of/a/provider")
    time, cpu = real.compare(None, options)  # type: ignore[arg-type]
    assert (time.name, cpu.name) == ("real-50", "real-cpu-50")
    assert [row[1:3] for row in time.rows] == [
        ["3.0 s (0.75, 1.50)", "-"],
        ["2.0 s (0.50, 1.00)", "-"],
        ["4.0 s (1.00, 2.00)", "-"],
    ]
    assert cpu.rows[0][1] == "6.0 s (0.75, 1.50)"


def test_the_page_has_a_place_for_every_table_and_for_nothing_else() -> None:
    users = {f"{what}-{count}" for what in ("users", "cpu", "real", "real-cpu") for count in runner.Options.users}
    tables = {
        "policy",
        "explain",
        "imports",
        "calls",
        "first",
        "growth",
        "checkpoints",
        "rotate",
        "soak",
        "kept",
        "thousand",
        *users,
    }
    assert set(re.findall(r"<!-- bench:(\S+) -->", report.PAGE.read_text())) == tables
    for name in tables:
        report.place(report.PAGE.read_text(), name, "")


def test_the_machine_is_described_without_telling_whose_it_is() -> None:
    said = report.where()
    assert re.search(r"Taken on \d{4}-\d\d-\d\d: \d+ cores of .+, \d+ GB; .+; Python 3\.\d+\.\d+; pulumi ", said)
    assert platform.node() not in said
    assert "/" not in said


def test_every_program_is_one() -> None:
    for text in (programs.OURS, programs.WITH_RUN, programs.IN_COMPONENT, programs.BARE, programs.BOTO3, programs.ROOT):
        compile(text, "program", "exec")
    assert list(programs.users_map(2)) == ["site-0", "site-1"]


STEP = soak.Step(seconds=1, program=100, pulumi=400, aws=100, state=1000, kept=1000, keys=2)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        pytest.param(replace(STEP, seconds=9, aws=900, kept=9000), [], id="time-and-history-have-no-bound"),
        pytest.param(replace(STEP, state=1040), [], id="a-few-digits"),
        pytest.param(replace(STEP, state=1100), ["the state became 1.10 times"], id="state"),
        pytest.param(replace(STEP, program=130), ["the program's memory became 1.30 times"], id="program"),
        pytest.param(replace(STEP, pulumi=500), ["the memory of Pulumi's processes became 1.25"], id="pulumi"),
        pytest.param(replace(STEP, keys=3), ["the user had 3 keys (at most 2)"], id="keys"),
    ],
)
def test_what_a_soak_calls_out_of_bounds(last: soak.Step, said: list[str]) -> None:
    faults = soak.out_of_bounds([STEP] * soak.WINDOW + [last] * soak.WINDOW)
    assert [fault[: len(start)] for fault, start in zip(faults, said, strict=True)] == said


def test_a_soak_compares_its_first_rotations_with_its_last() -> None:
    table = soak.growth([STEP] * soak.WINDOW + [replace(STEP, state=2000)] * soak.WINDOW)
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["state"] == ["1.0 kB", "2.0 kB", "2.00"]
    assert rows["keys of the user, at most"] == ["2", "2", "-"]


def test_wrong_usage_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["nothing"], ["--users", "many"]):
        with pytest.raises(SystemExit) as stopped:
            runner.main(argv)
        assert stopped.value.code == 2
    assert "invalid choice: 'nothing'" in capsys.readouterr().err
