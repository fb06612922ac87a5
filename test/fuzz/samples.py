"""What the project itself shows of its inputs: every literal of its tests,
demos and pages, sorted by what it is."""
import glob, json, re
from xml.etree import ElementTree

SOURCES = ["README.md", "demo/*.sql", "demo/*.xml", "docs/*.md", "sql/*.sql", "test/*/*.sql", "test/*/*.sh", "test/*/*.mjs", "test/isolation/specs/*.spec"]
XML_NAMESPACE = "https://platform.anakeen.com/4/schemas/workflow/1.0"


def literals(text):
    """What stands between quotes, doubled ones made single."""
    text = re.sub(r"--.*", "", text)
    for literal in re.findall(r"'((?:[^']|'')*)'", text):
        yield literal.replace("''", "'")
    yield from re.findall(r"`([^`]*)`", text)


def as_json(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def is_xml(text):
    try:
        return ElementTree.fromstring(text.encode("utf-8")) is not None
    except ElementTree.ParseError:
        return False


def members(value):
    """Every (key, value) in a JSON value, at any depth."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield key, member
            yield from members(member)
    elif isinstance(value, list):
        for member in value:
            yield from members(member)


class Samples:
    def __init__(self):
        # dictionaries without values: distinct, and in the order of the files
        self.workflows, self.flows, self.objects, self.xml, self.templates, self.addresses, self.words, self.guards = ({} for _ in range(8))
        for pattern in SOURCES:
            for path in sorted(glob.glob(pattern)):
                with open(path, encoding="utf-8") as file:
                    self.read(path, file.read())
        self.names = {}
        for text in [*self.workflows, *self.flows]:
            for key, value in members(json.loads(text)):
                self.names[key] = None
                if key == "guard" and isinstance(value, str):
                    self.guards[value] = None
                if isinstance(value, str) and len(value) < 80:
                    self.names[value] = None
        for name in ("workflows", "flows", "objects", "xml", "templates", "addresses", "words", "guards", "names"):
            setattr(self, name, list(getattr(self, name)))
            assert len(getattr(self, name)) >= 2, "no samples of " + name

    def read(self, path, text):
        if path.endswith(".xml"):
            self.xml[text] = None
            return
        for literal in literals(text):
            value = as_json(literal)
            if isinstance(value, dict):
                kind = self.workflows if "states" in value and "name" in value else self.flows if "stages" in value and "name" in value else self.objects
                kind[literal] = None
            elif XML_NAMESPACE in literal and is_xml(literal):
                self.xml[literal] = None
            elif "{{" in literal:
                self.templates[literal] = None
            elif re.match(r"/?api/v2/", literal):
                self.addresses[literal] = None
            elif len(literal) < 200:
                self.words[literal] = None
