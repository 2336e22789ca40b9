"""The plugin's schema: what the component has, all of it, and no change that nobody saw."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugin.__main__ import Plugin
from s3io_user import Access, KeyStatus, PolicyType, PreviousKey, S3IOUser, __version__
from s3io_user.component.user import OUTPUTS
from s3io_user.inputs.fields import FIELDS
from s3io_user.testing import deploy
from s3io_user.wording import camel_case
from tests.pyproject import PYPROJECT
from tools import reference
from tools.release import metadata

PROJECT = Path(__file__).resolve().parents[3]
SNAPSHOT = Path(__file__).parent / "schema.json"
PLUGIN = Plugin()
SCHEMA: dict[str, Any] = json.loads(PLUGIN.schema or "")
TYPES = SCHEMA["types"]
COMPONENT = SCHEMA["resources"]["s3io-user:index:S3IOUser"]
INPUTS = COMPONENT["inputProperties"]


def snapshot() -> str:
    # Without the version, so that a release does not change it.
    return json.dumps({**SCHEMA, "version": "0.0.0"}, indent=2) + "\n"


def test_it_is_the_one_that_was_looked_at() -> None:
    assert snapshot() == SNAPSHOT.read_text(), (
        f"the schema is not {SNAPSHOT.name}: if the change is meant, run 'python -m tests.unit.plugin.test_schema'"
    )


def test_every_input_and_output_is_there_with_its_description() -> None:
    assert list(INPUTS) == [camel_case(name) for name in FIELDS]
    assert list(COMPONENT["properties"]) == [camel_case(name) for name in OUTPUTS]
    nested = [held for kind in TYPES.values() for held in kind.get("properties", {}).values()]
    assert len(nested) == sum(len(field.parts or ()) for field in FIELDS.values())
    described = [SCHEMA, COMPONENT, *TYPES.values(), *INPUTS.values(), *COMPONENT["properties"].values()]
    assert [held for held in described + nested if not held.get("description")] == []


def test_no_description_spells_a_name_as_python_does() -> None:
    words = re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", PLUGIN.schema or "")

    assert words == []


@pytest.mark.parametrize("kind", [Access, KeyStatus, PolicyType, PreviousKey])
def test_a_choice_has_its_values_and_names(kind: Any) -> None:
    choices = TYPES[f"s3io-user:index:{kind.__name__}"]["enum"]

    assert [choice["value"] for choice in choices] == [choice.value for choice in kind]
    assert [choice["name"] for choice in choices] == [choice.name.title().replace("_", "") for choice in kind]
    (used,) = (held for held in INPUTS.values() if held.get("$ref", "").endswith(f":{kind.__name__}"))
    assert used["plain"] is True


def test_a_nested_input_requires_what_the_component_requires() -> None:
    for name, field in FIELDS.items():
        if field.parts:
            nested = TYPES[INPUTS[camel_case(name)]["$ref"].removeprefix("#/types/")]
            assert list(nested["properties"]) == [camel_case(part) for part in field.parts]
            assert nested["required"] == [camel_case(next(iter(field.parts)))]


def test_what_is_secret_when_it_runs_is_secret_in_the_schema() -> None:
    made = deploy(lambda: S3IOUser("site", {"key_generation": 2, "previous_key": PreviousKey.ACTIVE}))
    secret = {camel_case(name) for name, value in made.outputs.items() if value.secret}

    assert {name for name, held in COMPONENT["properties"].items() if held.get("secret")} == secret
    assert secret == {"secretAccessKey", "credentials"}


def test_an_output_that_may_be_missing_is_not_required() -> None:
    made = deploy(lambda: S3IOUser("site", {"create_access_key": False, "access": Access.NONE}))
    missing = {camel_case(name) for name, value in made.outputs.items() if value.value is None}

    assert missing == set(COMPONENT["properties"]) - set(COMPONENT["required"]) != set()
    assert "requiredInputs" not in COMPONENT


def test_the_package_says_what_the_wheel_says() -> None:
    project = PYPROJECT["project"]

    assert (SCHEMA["name"], SCHEMA["version"]) == (project["name"], __version__)
    assert SCHEMA["license"] == project["license"]
    assert SCHEMA["description"] == project["description"].split(":")[0] + "."
    assert {"aws", "iam", "s3", "kind/component"} <= set(SCHEMA["keywords"])


def test_it_names_the_repository_that_its_publisher_names(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "https://git.example.org/acme/s3io-user"
    assert not {"homepage", "repository", "logoUrl"} & set(SCHEMA)

    monkeypatch.setenv(metadata.REPOSITORY, f"{address}/")
    published = json.loads(Plugin().schema or "")
    logo = published["logoUrl"].removeprefix(f"{address}/raw/v{__version__}/")

    assert published["homepage"] == published["repository"] == address
    assert (PROJECT / logo).read_text().startswith("<svg ")
    assert published["publisher"] == PYPROJECT["project"]["authors"][0]["name"]


def test_inputs_come_to_the_component_under_its_names_and_whole_and_tags_as_they_are() -> None:
    sent = {
        "userName": "web",
        "keyGeneration": 2.0,
        "rotateEveryDays": 1.5,
        "tags": {"keyStatus": "a tag's own name"},
        "secretsManager": {"name": "web", "recoveryWindowInDays": 7.0},
        "bucket": "no input",
    }

    came = PLUGIN.map_inputs(sent, PLUGIN._component_defs["S3IOUser"])

    assert came == {
        "user_name": "web",
        "key_generation": 2,
        "rotate_every_days": 1.5,
        "tags": {"keyStatus": "a tag's own name"},
        "secrets_manager": {"name": "web", "recovery_window_in_days": 7},
        "bucket": "no input",
    }
    numbers: Any = (came["key_generation"], came["secrets_manager"]["recovery_window_in_days"])
    assert [type(number) for number in numbers] == [int, int]


def test_the_page_of_inputs_and_outputs_is_the_one_made_from_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = reference.page()
    monkeypatch.setattr(reference, "page", lambda: made)
    reference.main(check=True)
    stale = tmp_path / "inputs-and-outputs.md"
    stale.write_text(reference.PAGE.read_text() + "an edit by hand")
    monkeypatch.setattr(reference, "PAGE", stale)

    with pytest.raises(SystemExit, match=r"is stale: run 'python -m tools\.reference'"):
        reference.main(check=True)
    reference.main(check=False)
    reference.main(check=True)


@pytest.mark.parametrize("language", ["typescript", "go", "csharp", "java"])
def test_a_snippet_sets_what_the_yaml_one_sets_which_is_run(language: str) -> None:
    page = (PROJECT / "docs" / "other-languages.md").read_text()
    snippets = {name: page.split(f"```{name}\n")[1].split("```")[0] for name in ("yaml", language)}
    program = yaml.safe_load(snippets["yaml"])
    properties = program["resources"]["site"]["properties"]
    spelled = {word[0].lower() + word[1:] for word in re.findall(r"\w+", snippets[language])}

    assert {*properties, *properties["secretsManager"], *program["outputs"]} <= spelled
    for name in ("access", "previousKey"):
        kind = INPUTS[name]["$ref"].rpartition(":")[2]
        (choice,) = (c for c in TYPES[f"s3io-user:index:{kind}"]["enum"] if c["value"] == properties[name])
        assert re.search(rf"\b{kind}\.?{choice['name']}\b", snippets[language])


if __name__ == "__main__":
    SNAPSHOT.write_text(snapshot())
