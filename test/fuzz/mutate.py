"""Mutations.  Whatever happens by chance comes from the Random that the caller
gives, so that a seed tells it all."""
import copy, json, re

# a control character, lone surrogates as text, what has a meaning somewhere
TEXTS = ["", " ", "\t", "\n", "\r\n", "\x01", "\x7f", "a\nb", "null", "select", "table", "user", "from", "ctid", "tableoid", "e", "'", '"', "''", '""', "\\", "$1", "$$", "%s%n", "%",
         "é", "😀", "\u202e", "\ufeff", "\u0130", "a.b", "a.b.c", "..", ".", "/", "a/b", "{{x}}", "{{#x}}", "{{", "--", "/*", ";", "'; DROP TABLE bill; --", "pg_catalog", "smartwf",
         "smartwf.refuse", "pg_catalog.now", "app.m0", "app.quiet", "app.book", "\"App\".\"m\"", "true", "false", "0", "-1", "1e999", "NaN", "infinity", "-infinity", "epoch",
         "2024-02-30", "294277-01-01", "4714-11-24 BC", "0001-01-01", "24:00:00", "10 seconds", "-1 day", "178956970 years", "1 fortnight", "P1Y", "#00CE01", "#GGGGGG", "en", "fr-CH, fr;q=0.9",
         "*;q=0", "fuzz_definer", "fuzz_clerk", "public", "PUBLIC", "x" * 49, "x" * 50, "x" * 63, "x" * 64, "x" * 100, "é" * 40, "x" * 3000, "_", "a:b", "1a", "__proto__"]
NUMBERS = [0, 1, -1, 2, 0.5, 1.0, -0.0, 2147483647, 2147483648, -2147483649, 9223372036854775807, 9223372036854775808, 10 ** 40, 10 ** 400, 1e-300, 1e300]
# as they stand in JSON, where Python has no value for them
RAW = ['"\\u0000"', '"\\ud800"', '"\\udc00x"', '"\\ud83d\\ude00"', '"a\\u0000b"', "1e1000000", "-0", "1" * 2000, "1E400", "0.1e-16383", "NaN", '"\\q"', "[1,]", '{"a":1,"a":2}', "{}{}"]


def chance(random, one_in):
    return random.randrange(one_in) == 0


def nested(random):
    depth = random.choice([2, 10, 100, 1000, 7000])
    return random.choice(['[' * depth + ']' * depth, '{"a":' * depth + '1' + '}' * depth, '[{"name":' * depth + '"x"' + '}]' * depth])


class Raw(float):
    """A value that JSON text gets as it is."""
    def __new__(cls, text):
        self = super().__new__(cls, 0)
        self.text = text
        return self

    def __repr__(self):
        return self.text


def dump(value):
    """JSON text, with every Raw in its place."""
    raws = []

    def plain(value):
        if isinstance(value, Raw):
            raws.append(value.text)
            return f"\x00{len(raws) - 1}\x00"
        if isinstance(value, dict):
            return {key: plain(member) for key, member in value.items()}
        if isinstance(value, list):
            return [plain(member) for member in value]
        return value

    text = json.dumps(plain(value), ensure_ascii=False)
    for number, raw in enumerate(raws):
        text = text.replace(f'"\\u0000{number}\\u0000"', raw, 1)
    return text


def word(random, names):
    return random.choice(TEXTS) if chance(random, 2) or not names else random.choice(names)


def scalar(random, names):
    kind = random.randrange(10)
    if kind < 5:
        return word(random, names)
    if kind < 7:
        return random.choice(NUMBERS)
    if kind < 9:
        return random.choice([None, True, False, [], {}, [None], [[]], {"": ""}])
    return Raw(nested(random) if chance(random, 8) else random.choice(RAW))


def places(value):
    """Every (container, key) below a JSON value."""
    found = []
    todo = [value]
    while todo:
        container = todo.pop()
        for key in (container if isinstance(container, dict) else range(len(container))):
            found.append((container, key))
            if isinstance(container[key], (dict, list)):
                todo.append(container[key])
    return found


def change(random, value, names, others):
    """One change of the JSON value (dict or list), in place."""
    found = places(value)
    if not found:
        return
    container, key = random.choice(found)
    kind = random.randrange(12)
    if kind < 2:
        del container[key]
    elif kind < 6:
        container[key] = scalar(random, names)
    elif kind < 7 and isinstance(container, dict):
        container[word(random, names)] = container.pop(key)
    elif kind < 8 and isinstance(container, dict):
        container[word(random, names)] = scalar(random, names)
    elif kind < 9 and isinstance(container, list):
        container.insert(random.randrange(len(container) + 1), copy.deepcopy(container[key]))
    elif kind < 10:
        # what stands elsewhere, here or in another sample
        from_container, from_key = random.choice(places(others) or found if chance(random, 2) else found)
        container[key] = copy.deepcopy(from_container[from_key])
    elif isinstance(container[key], str):
        container[key] = change_text(random, container[key], names)
    elif isinstance(container[key], list):
        random.shuffle(container[key])
    else:
        container[key] = [container[key]]


def change_json(random, text, names, others):
    """JSON text, changed in a few places; hardly ever not at all."""
    value = json.loads(text)
    for _ in range(random.choice([0, 1, 1, 1, 2, 3, 8])):
        change(random, value, names, json.loads(random.choice(others)))
        if len(places(value)) > 3000:
            break
    text = dump(value)
    return change_text(random, text, names) if chance(random, 40) else text


def change_text(random, text, names):
    """Text, cut, doubled, and with foreign matter in it."""
    for _ in range(random.choice([1, 1, 2, 4])):
        at = random.randrange(len(text) + 1)
        end = min(len(text), at + random.choice([0, 1, 1, 2, 5, 20]))
        piece = random.choice(["", "", word(random, names), text[at:end] * 2, chr(random.randrange(1, 0x250)), random.choice("{}[]<>&;%#/'\"\\=^!.")])
        text = text[:at] + piece + text[end:]
        if chance(random, 100):
            text = text * random.choice([2, 10, 100])
        if len(text) > 100000:
            text = text[:100000]
    return text


def change_address(random, text, names):
    """An address, piece by piece and byte by byte."""
    pieces = text.split("/")
    for _ in range(random.choice([0, 1, 1, 2])):
        at = random.randrange(len(pieces))
        pieces[at] = random.choice([word(random, names), "", "..", ".", "%00", "%2F", "%2e%2e", "%FF", "%C3", "%ED%A0%80", "%F4%90%80%80", "%", "%4", "%zz", "x" * 10000, "%41" * 3000,
                                    pieces[random.randrange(len(pieces))], "?allStates=" + word(random, names), "".join("%%%02X" % byte for byte in pieces[at].encode("utf-8"))])
    text = "/".join(pieces)
    return change_text(random, text, names) if chance(random, 3) else text


def change_xml(random, text, names):
    """XML: elements doubled, dropped, nested; entities, namespaces, bytes."""
    for _ in range(random.choice([1, 1, 2, 4])):
        tags = list(re.finditer(r"<[^<>]*>", text))
        values = list(re.finditer(r'="([^"]*)"', text))
        kind = random.randrange(12) - 4
        if kind < 3 and values:
            at = random.choice(values)
            value = random.choice([word(random, names), random.choice(values).group(1), "&lt;", "&x;", "&#0;", "&#x1F600;", "&#55296;", "&amp;quot;"])
            text = text[:at.start(1)] + value.replace('"', "&quot;").replace("<", "&lt;") + text[at.end(1):]
        elif kind < 5 and tags:
            at, other = random.choice(tags), random.choice(tags)
            text = text[:at.start()] + random.choice(["", at.group() * 2, other.group(), "<x>" + at.group(), at.group() + "<![CDATA[<&]]>", "<!-- - -->" + at.group(), "<?pi x?>" + at.group()]) + text[at.end():]
        elif kind < 6 and tags:
            first, last = sorted((random.choice(tags).start(), random.choice(tags).end()))
            text = text[:last] + text[first:last] * random.choice([1, 2, 20]) + text[last:]
        elif kind < 7:
            depth = random.choice([1, 50, 300, 5000])
            text = random.choice(['<!DOCTYPE a [<!ENTITY x "y">]>' + text, '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + text,
                                  '<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;">]>' + text, text.replace("1.0", "1.1", 1), text.replace('xmlns:w', 'xmlns:v', 1), "<a>" * depth + text + "</a>" * depth])
        else:
            text = change_text(random, text, names)
        if len(text) > 200000:
            text = text[:200000]
    return text
