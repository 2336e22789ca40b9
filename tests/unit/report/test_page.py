"""The page of a report: nothing from elsewhere, all escaped, and as accessible as its text can show."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from s3io_user.doctor.facts import Finding
from s3io_user.explain.stack import explained
from s3io_user.report import page
from s3io_user.report.facts import Facts, as_dict
from tests.unit.report import facts as made

KINDS = [made.facts, made.unknown, made.good, made.hostile]
VOID = {"meta", "br", "link", "img", "hr"}
DOCS = Path(__file__).parents[3] / "docs/report.md"


class Page(HTMLParser):
    """The elements of a page in order, each with its attributes and the words directly within it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = (tag, dict(attrs), list[str]())
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag, f"</{tag}> closes another"

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element[2].append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes, _ in self.elements if name == tag]

    def text(self, tag: str) -> list[str]:
        return [" ".join("".join(words).split()) for name, _, words in self.elements if name == tag]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def kind(request: pytest.FixtureRequest) -> Facts:
    made_by: Callable[[], Facts] = request.param
    return made_by()


def test_it_needs_nothing_from_elsewhere_and_runs_nothing(kind: Facts) -> None:
    text = page.as_html(kind)
    tags = {name for name, *_ in Page(text).elements}

    assert tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form"} == set()
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import|\bon\w+=", text.partition("<body>")[0])
    assert all(str(link["href"]).startswith("#") for link in Page(text).all("a"))


def test_it_has_what_a_screen_reader_goes_by(kind: Facts) -> None:
    seen = Page(page.as_html(kind))
    headings = [(int(name[1]), words) for name, _, words in seen.elements if re.fullmatch("h[1-6]", name)]
    ids = [attributes["id"] for _, attributes, _ in seen.elements if "id" in attributes]

    assert seen.open == []
    assert seen.all("html")[0]["lang"] == "en"
    assert seen.text("title") == [f"Access key report: {kind.user}"]
    assert "width=device-width" in str(seen.all("meta")[1]["content"])
    assert [len(seen.all(mark)) for mark in ("header", "main", "footer")] == [1, 1, 1]
    assert [level for level, _ in headings].count(1) == 1
    assert all(deeper - level <= 1 for (level, _), (deeper, _) in pairwise(headings))
    assert all(words for _, words in headings)
    assert len(ids) == len(set(ids))
    assert {part["aria-labelledby"] for part in seen.all("section")} <= set(ids)
    assert len(seen.all("caption")) == len(seen.all("table"))
    assert {str(head.get("scope")) for head in seen.all("th")} <= {"col", "row"}
    roles = {"table": "table", "tr": "row", "td": "cell"}  # which a phone's layout would take from them
    assert all(each.get("role") == role for tag, role in roles.items() for each in seen.all(tag))
    assert all(cell.get("data-head") for cell in seen.all("td"))  # what a phone shows instead of the heads


COLOURS = ("--text", "--quiet", "--good", "--warn", "--open")


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_every_text_stands_out_from_what_is_behind_it(scheme: str) -> None:
    css = page.as_html(made.good())
    start = {"light": css.index(":root"), "dark": css.index("scheme: dark"), "print": css.index("@media print")}[scheme]
    colours = dict(re.findall(r"(--\w+): (#[0-9a-f]{6})", css[start : css.index("}", start)]))

    for behind in (colours["--back"], colours["--panel"]):
        for name in COLOURS:
            light, dark = sorted([luminance(colours[name]), luminance(behind)], reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, name


def test_it_says_what_was_found() -> None:
    seen = " ".join("".join(Page(page.as_html(made.facts())).elements[0][2]).split())

    for words in (made.KEY, "1 day old", "365 days old", "never", "the current key", "the previous key"):
        assert words in seen
    for words in ("not a key of this stack", "s3:PutBucketPolicy", "AWS refuses it", f"aws iam delete {made.OLD}"):
        assert words in seen
    for words in (
        "1 check not as expected: GetBucketOwnershipControls",
        "whether it may PutObject on",
        "only over TLS",
    ):
        assert words in seen


def test_a_user_in_quarantine_is_said_first() -> None:
    exposed = Finding("quarantined", made.USER, "the key was exposed", "rotate")
    facts = made.facts(findings=(*(made.facts().findings or ()), exposed))

    assert facts.attention[0].startswith("The user is in AWS's quarantine")
    assert not any("quarantine" in line for line in made.facts().attention)
    for text in (page.as_html(facts), page.as_markdown(facts)):
        assert text.index("quarantine") < text.index("dangerous permission")


def test_what_is_unknown_is_never_said_to_be_good() -> None:
    for text in (page.as_html(made.unknown()), page.as_markdown(made.unknown())):
        assert "Nothing dangerous was found." not in text
        assert text.count("Not known") >= 5
        assert "Nothing was tried" in text
        assert "all of it: AWS does not answer" in text
    assert "Nothing dangerous was found." in page.as_html(made.good())
    assert "Nothing dangerous was found." in page.as_markdown(made.good())


def test_what_is_not_decided_is_not_good() -> None:
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetNewThing", "Resource": "*"}}
    facts = made.facts(explanation=explained([document]), checks=(), findings=(), unknown=())

    assert facts.untold == ("whether the policies allow s3:GetNewThing",)
    assert "Nothing dangerous was found in what could be looked at" in page.as_html(facts)


def test_no_name_breaks_out_of_its_place() -> None:
    text = page.as_html(made.hostile())
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    markdown = page.as_markdown(made.hostile())
    assert "<script" not in markdown.replace("\\<", "")
    assert "](http" not in markdown.replace("\\]", "")
    rows = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4, 6}


def test_the_docs_name_every_field_of_the_json() -> None:
    documented = set(re.findall(r"`([a-zA-Z]+)`", DOCS.read_text()))
    said = as_dict(made.facts())

    assert set(said) | set(said["keys"][0]) <= documented
    assert json.loads(json.dumps(said)) == said


# ---- in a browser

_MEASURE = """<!doctype html>
<iframe id="it" srcdoc="{page}" style="width: {width}px; height: 600px; border: 0"></iframe>
<script>
const it = document.getElementById("it");
it.onload = () => {{
  const root = it.contentDocument.documentElement;
  document.body.append("overflow=" + (root.scrollWidth - root.clientWidth) + " height=" + root.scrollHeight);
}};
</script>
"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        pytest.skip("no Chromium is on PATH: Debian's package is chromium")
    return found


def in_browser(browser: str, folder: Path, *options: str) -> str:
    """What headless Chromium prints; it can reach no name, and keeps its things in ``folder``."""
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'browser'}", *options],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_nothing_is_wider_than_the_screen(width: int, browser: str, tmp_path: Path) -> None:
    text = page.as_html(made.facts()).replace("default-src 'none'; ", "")
    measured = _MEASURE.format(page=text.replace("&", "&amp;").replace('"', "&quot;"), width=width)
    (tmp_path / "measure.html").write_text(measured)
    seen = in_browser(
        browser, tmp_path, "--virtual-time-budget=5000", "--dump-dom", (tmp_path / "measure.html").as_uri()
    )

    found = re.search(r"overflow=(-?\d+) height=(\d+)", seen)
    assert found, seen[-500:]
    assert int(found[1]) <= 0
    assert int(found[2]) > 600


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_shown_in_both_schemes_and_printed(scheme: str, browser: str, tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "key.html").write_text(page.as_html(made.facts()))
    dark = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    shot = f"--screenshot={tmp_path / 'key.png'}"
    in_browser(browser, tmp_path, *dark, shot, "--window-size=800,900", (tmp_path / "key.html").as_uri())
    with Image.open(tmp_path / "key.png") as picture:
        corner = picture.convert("RGB").getpixel((2, 2))
        colours = len(picture.convert("RGB").getcolors(1 << 24) or [])

    assert corner == {"light": (255, 255, 255), "dark": (20, 23, 27)}[scheme]
    assert colours > 50  # letters are there
    if scheme == "light":
        in_browser(browser, tmp_path, f"--print-to-pdf={tmp_path / 'key.pdf'}", (tmp_path / "key.html").as_uri())
        assert (tmp_path / "key.pdf").read_bytes().startswith(b"%PDF")
