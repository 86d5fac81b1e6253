"""Every way a command can end has its exit code and one line on stderr."""

import shutil
import signal

import pytest

from pix2phone.errors import CheckFailed, OneLineParser, UserError, run_command


def ends(capsys: pytest.CaptureFixture[str], problem: BaseException | None) -> tuple[int, str]:
    def main() -> None:
        if problem:
            raise problem

    try:
        run_command(main)
    except SystemExit as exit_:
        return int(exit_.code or 0), capsys.readouterr().err
    return 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("problem", "code", "line"),
    [
        (None, 0, ""),
        (CheckFailed("PSNR 31 dB, 40 wanted"), 1, "failed: PSNR 31 dB, 40 wanted\n"),
        (UserError("--crop: 31: must be a multiple of 32"), 2, "error: --crop: 31: must be a multiple of 32\n"),
        (PermissionError(13, "Permission denied", "out"), 2, "error: out: Permission denied; free the place"),
        (OSError(28, "No space left on device"), 2, "error: No space left on device; free the place"),
        (
            shutil.Error([("a", "out/a", "[Errno 28] No space left on device: 'a' -> 'out/a'")]),
            2,
            "error: out/a: [Errno 28] No",
        ),
        (KeyboardInterrupt(), 130, "interrupted: "),
    ],
)
def test_exit_code_and_line(
    capsys: pytest.CaptureFixture[str], problem: BaseException | None, code: int, line: str
) -> None:
    found, said = ends(capsys, problem)
    assert found == code
    assert said.startswith(line) and said.count("\n") == bool(line)


@pytest.mark.parametrize("bug", [ValueError("a bug"), OSError("no errno: not the user's"), ImportError("missing")])
def test_a_bug_keeps_its_traceback(capsys: pytest.CaptureFixture[str], bug: Exception) -> None:
    with pytest.raises(type(bug)):
        ends(capsys, bug)


def test_what_becomes_of_an_interrupt_is_an_interrupt(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise UserError("initialization failed") from None

    with pytest.raises(SystemExit) as end:
        run_command(main)
    assert end.value.code == 130
    assert capsys.readouterr().err.startswith("interrupted: ")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_parser_complains_in_one_line_that_names_flag_and_value() -> None:
    parser = OneLineParser(prog="python -m thing")
    parser.add_argument("--size", type=int, choices=(1, 2))
    with pytest.raises(
        UserError, match=r"^--size: invalid choice: 3 \(choose from 1, 2\); see python -m thing --help$"
    ):
        parser.parse_args(["--size", "3"])
    with pytest.raises(UserError, match="^unrecognized arguments: --sise 1; see"):
        parser.parse_args(["--sise", "1"])
