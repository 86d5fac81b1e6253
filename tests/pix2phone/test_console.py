"""Off a terminal, progress is a plain line now and then, and nothing else."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pix2phone import console


def test_plain_lines_with_the_time_left(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    with console.progress("training", 1.0) as update:
        for now in (0.0, 10.0, 25.0, 30.0, 50.0):
            update(now / 100, f"loss {now:.0f}")
    assert capsys.readouterr().out == "training: 25%, 75 s left loss 25\ntraining: 50%, 50 s left loss 50\n"


def test_what_a_resumed_run_had_done_before_does_not_count(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    with console.progress("training", 1.0, before=0.5) as update:
        for now in (1.0, 30.0):
            update(0.5 + now / 100, "")
    assert capsys.readouterr().out == "training: 80%, 20 s left \n"


def test_track_gives_every_item_and_stays_silent_when_it_is_quick(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(console.track(iter("abc"), "reading", 3)) == ["a", "b", "c"]
    assert capsys.readouterr().out == ""


def test_a_line_is_neither_wrapped_nor_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    line = "shape [1, 3] of [/tmp/model] " + "long " * 60
    console.say(line)
    assert capsys.readouterr().out == line + "\n"


def test_a_table_in_a_log_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    columns = [f"a long heading {index}" for index in range(8)]
    console.table("title", columns, [["a cell"] * 8])
    head = capsys.readouterr().out.splitlines()[2]
    assert all(column in head for column in columns)


def test_of_several_processes_only_the_first_speaks() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", "from pix2phone.console import say; say('hello')"],
            env=os.environ | {"RANK": rank},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for rank in ("0", "1")
    ]
    assert said == ["hello\n", ""]


def test_muting_drops_stderr_and_gives_it_back_when_the_last_thread_is_done(capfd: pytest.CaptureFixture[str]) -> None:
    inside, leave = threading.Barrier(2, timeout=60), threading.Event()

    def mute_first() -> None:
        with console.muted():
            inside.wait()
            leave.wait(60)
            os.write(2, b"dropped ")

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(mute_first)
        with console.muted():
            inside.wait()
        os.write(2, b"dropped too ")  # the other thread is muting yet
        leave.set()
        first.result()
    os.write(2, b"seen")
    assert capfd.readouterr().err == "seen"
