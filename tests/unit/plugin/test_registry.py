"""What Pulumi's registries show: the pages in their form, with the programs of docs/other-languages.md."""

import re

import pytest
import yaml

from s3io_user.inputs.fields import FIELDS
from s3io_user.wording import camel_case
from tests.pages import PAGES, PROJECT

LANGUAGES = ["typescript", "python", "go", "csharp", "java", "yaml"]
REGISTRY = {name: PAGES[name].read_text() for name in ("_index.md", "installation-configuration.md")}
SNIPPETS = PAGES["other-languages.md"].read_text()


@pytest.mark.parametrize("name", REGISTRY)
def test_a_page_begins_as_the_registry_asks(name: str) -> None:
    front = yaml.safe_load(REGISTRY[name].split("---\n")[1])

    assert front["layout"] == "package"
    assert front["title"].startswith("S3IO User")
    assert 30 < len(front["meta_desc"]) <= 160
    assert REGISTRY[name].startswith("---\n")


@pytest.mark.parametrize("name", REGISTRY)
def test_a_page_has_a_tab_for_each_language_and_closes_it(name: str) -> None:
    (chooser,) = re.findall(r'^\{\{< chooser language "(.+)" >\}\}$', REGISTRY[name], re.MULTILINE)

    assert chooser.split(",") == LANGUAGES
    assert re.findall(r"^\{\{% choosable language (\w+) %\}\}$", REGISTRY[name], re.MULTILINE) == LANGUAGES
    assert REGISTRY[name].count("{{% /choosable %}}") == len(LANGUAGES)
    assert REGISTRY[name].count("{{< /chooser >}}") == 1


@pytest.mark.parametrize("name", REGISTRY)
def test_a_page_links_to_no_file_of_the_repository(name: str) -> None:
    assert re.findall(r"\]\((?!https?:|/registry/)", REGISTRY[name]) == []


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "python"])
def test_a_tab_has_the_program_of_the_page_about_the_language(language: str) -> None:
    block = re.compile(rf"^```{language}\n(.*?)^```", re.DOTALL | re.MULTILINE)

    assert block.findall(REGISTRY["_index.md"]) == block.findall(SNIPPETS)


def test_the_python_program_sets_what_the_others_set() -> None:
    program = yaml.safe_load(SNIPPETS.split("```yaml\n")[1].split("```")[0])
    properties = program["resources"]["site"]["properties"]
    python = REGISTRY["_index.md"].split("```python\n")[1].split("```")[0]
    named = {camel_case(word) for word in re.findall(r'"(\w+)": ', python)}

    assert named == {*properties, *properties["secretsManager"]}


def test_the_package_s_readme_names_what_there_is() -> None:
    readme = (PROJECT / "plugin" / "README.md").read_text()
    rows = re.findall(r"^\| ([^|]+) \|", readme, re.MULTILINE)
    program = yaml.safe_load(readme.split("```yaml\n")[1].split("```")[0])

    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} <= {camel_case(name) for name in FIELDS}
    assert program["resources"]["site"]["type"] == "s3io-user:S3IOUser"
