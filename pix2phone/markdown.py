"""Figures in a Markdown page that commands write: the text between <!-- NAME:begin --> and <!-- NAME:end -->."""

from pathlib import Path

from pix2phone.artefacts import replacing
from pix2phone.errors import UserError


def put_between_marks(page: Path, name: str, text: str) -> None:
    """Replace the text between the marks `name` of `page`. UserError when there is no page, or no such marks."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    try:
        before, rest = page.read_text(encoding="utf-8").split(begin)
        _, after = rest.split(end)
    except FileNotFoundError:
        raise UserError(f"{page}: no such file; name a Markdown file") from None
    except ValueError:
        raise UserError(f"{page}: needs {begin} and {end}, once each; add them") from None
    with replacing(page) as temporary:
        temporary.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}", encoding="utf-8")


def markdown_table(lines: list[list[str]], left: int = 1) -> str:
    """A table, heads first: the first `left` columns to the left, the others to the right."""
    head, *body = [[cell.replace("|", "/") for cell in line] for line in lines]
    rule = [*["---"] * left, *["---:"] * (len(head) - left)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *body))
