"""The kinds of inputs.  Each is a function of a Session (what carries it out and
watches), a Random and the Samples."""
import json
from mutate import NUMBERS, TEXTS, chance, change_address, change_json, change_text, change_xml, dump, scalar, word

DOCUMENTS = ["B/1 é\"%", "..", "deleted", "hidden", "1", "a\nb", "😀", "o1", "o2", "o-3", "p00000000-0000-0000-0000-000000000001", "pf0000000-0000-0000-0000-000000000001", "nobody"]
ENCODED = ["B%2F1%20%C3%A9%22%25", "1", "o1", "..", "hidden", "deleted", "%F0%9F%98%80", "a%0Ab", "p00000000-0000-0000-0000-000000000001"]
STATES = ["e1", "e2", "e3"]
TRANSITIONS = ["t1_2", "t2_1", "round", "granted"]
PARAMETERS = '{"reason": "r", "i": 1, "d": [1.5, 2], "m": 12.5, "day": "2024-02-29", "hour": "12:30", "at": ["2024-02-29T12:30:00Z"], "e": ["a"], "yes": true, "j": {"x": [1]}, "amount": 5}'
MODEL = '{"name": "Anna & <Bob>", "n": 12.50, "yes": true, "amount": 5, "title": "t", "author": "fuzz_clerk", "owner": ["boss", null], "due_on": "2024-02-29", "list": [{"x": 1}, {"x": 2}], "a": {"b": {"c": "deep"}}, "decision": "yes"}'


def quote(text):
    """A literal of SQL, or NULL."""
    if text is None:
        return "NULL"
    return "'" + text.replace("\x00", "").encode("utf-8", "replace").decode().replace("'", "''") + "'"


def some(random, known, samples, one_in=4):
    """Mostly one of those known, else anything."""
    if not chance(random, one_in):
        return random.choice(known)
    return None if chance(random, 8) else word(random, samples.names)


def parsed(text):
    """The object that JSON text holds; none where Python cannot tell."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def name_of(text):
    """The name in a definition, where it is one."""
    name = parsed(text).get("name")
    return name if isinstance(name, str) else None


def round_trip(session, define, definition, name, version):
    """What is shown is what was defined: defined again, it is the same version."""
    if version is None or name is None:
        return
    again = session.value(f"SELECT smartwf.{define}(smartwf.{definition}({quote(name)})::jsonb)", must=True)
    if again != version:
        session.fail("round trip", f"{name} is version {version}, and defined again as it is shown, {again}")


# what everybody may ask of a document, and do with it
def use_document(session, random, samples, docid, states, transitions):
    docid = quote(docid)
    for _ in range(random.choice([1, 3, 6])):
        state, transition = quote(some(random, states, samples, 10)), quote(some(random, transitions, samples, 10))
        parameters = quote(random.choice([None, "{}", PARAMETERS]))
        session.run(random.choice([
            f"SELECT smartwf.get_states({docid}, {random.choice(['true', 'false'])})",
            f"SELECT smartwf.get_state({docid}, {state})",
            f"SELECT smartwf.get_transitions({docid})",
            f"SELECT smartwf.get_transition({docid}, {transition})",
            f"SELECT smartwf.get_history({docid})",
            f"SELECT * FROM smartwf.blockers({docid}, {transition})",
            f"SELECT smartwf.pass_transition({docid}, {transition}, {quote(word(random, samples.words))}, {parameters})",
            f"SELECT smartwf.pass_transition({docid}, {transition}, 'c', {parameters})",
            f"SELECT smartwf.set_state({docid}, {state}, 'c', {parameters})",
            f"SELECT * FROM smartwf.pass_transitions(ARRAY[{docid}, 'o1', {docid}], {transition})",
            f"SELECT data FROM smartwf_api.element_{random.choice(['states', 'state', 'transitions', 'transition', 'history'])} WHERE docid = {docid}",
            f"SELECT smartwf.lock_element({docid}, true)", f"SELECT smartwf.unlock_element({docid})"]))


def put_to_use(session, random, samples, name, definition):
    """Attach a table to the workflow, and lead a document through it."""
    table = random.choice(["blank", "blank", "moody"])
    if session.value(f"SELECT smartwf.attach({quote(table)}, {quote(name)}, docid_prefix => 'x')") is None:
        return
    states = [s["name"] for s in definition.get("states") or [] if isinstance(s, dict) and isinstance(s.get("name"), str)] or STATES
    transitions = [t["name"] for t in definition.get("transitions") or [] if isinstance(t, dict) and isinstance(t.get("name"), str)] or TRANSITIONS
    session.run(f"INSERT INTO {table} (id, amount, words, title, author, due_on, decision) VALUES ('1', 5, 100, 't', 'fuzz_definer', '2024-02-29', 'yes'), ('2', NULL, NULL, NULL, NULL, NULL, NULL)")
    use_document(session, random, samples, random.choice(["x1", "x2"]), states, transitions)
    session.run(random.choice([f"UPDATE {table} SET state = {quote(random.choice(states))} WHERE id = '1'", f"UPDATE {table} SET due_on = due_on + 1", f"UPDATE {table} SET due_on = NULL",
                               f"DELETE FROM {table} WHERE id = '1'", f"TRUNCATE {table}", f"ALTER TABLE {table} RENAME state TO status", f"ALTER TABLE {table} DROP amount CASCADE",
                               f"ALTER TABLE {table} ALTER amount TYPE text", f"SELECT smartwf.migrate({quote(table)})", f"SELECT smartwf.reconcile({quote(table)})",
                               f"SELECT smartwf.detach({quote(table)})", f"INSERT INTO {table} (id, state) SELECT '3', 'nowhere'", f"MERGE INTO {table} t USING (VALUES ('1')) v (id) ON t.id = v.id WHEN MATCHED THEN UPDATE SET state = {quote(random.choice(states))}"]))
    use_document(session, random, samples, random.choice(["x1", "x2"]), states, transitions)


def workflow_in_use(session, random, samples, define, name=None):
    """Define a workflow; a document's life by it. Without its name, only if it is new."""
    newest = None if name else session.value("SELECT coalesce(max(id), 0) FROM smartwf.workflows")
    version = session.value(define)
    if version is None:
        return
    name = name or session.value(f"SELECT name FROM smartwf.workflows WHERE id > {newest or 0}")
    if name is None:
        return
    round_trip(session, "define_workflow", "workflow_definition", name, version)
    session.run(f"SELECT * FROM smartwf.check_workflow({quote(name)})", must=True)
    session.run(f"SELECT smartwf.diagram({quote(name)}, {quote(random.choice(['mermaid', 'dot', 'plantuml']))})", must=True)
    if chance(random, 2):
        shown = session.value(f"SELECT smartwf.workflow_definition({quote(name)})::text")
        put_to_use(session, random, samples, name, parsed(shown))


def workflow(session, random, samples):
    text = change_json(random, random.choice(samples.workflows), samples.names, samples.workflows)
    workflow_in_use(session, random, samples, f"SELECT smartwf.define_workflow({quote(text)})", name_of(text))


def xml(session, random, samples):
    text = change_xml(random, random.choice(samples.xml), samples.names)
    workflow_in_use(session, random, samples, f"SELECT smartwf.import_workflow({quote(text)})")


def guard(session, random, samples):
    guards = samples.guards + ["amount + 1 > ALL (ARRAY[1, 2])", "state = 'draft'", "author = current_user", "due_on < now()", "readers @> ARRAY['a']", "CASE WHEN ready THEN x > 1 END",
                               "pg_catalog.length(title) > 3", "a ->> 'x' = 'y'", "count(*) > 1", "blank IS NULL", "xmin IS NULL", "generate_series(1, 2) > 1", "row_number() OVER () > 1", "amount / 0 > 1"]
    text = random.choice(guards)
    if not chance(random, 4):
        text = change_text(random, text + random.choice(["", " AND ", " OR "]) + random.choice(["", random.choice(guards)]), ["amount", "title", "ready", "x", "now()", "state", "NULL", "::int", "::text", "ROW(1)", "blank.*", "blank"])
    form = {"name": "GUARDED", "states": [{"name": "a", "initial": True}, {"name": "b"}], "transitions": [{"name": "t", "arcs": [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}], "guard": text}]}
    workflow_in_use(session, random, samples, f"SELECT smartwf.define_workflow({quote(dump(form))})", "GUARDED")


def use_flow(session, random, samples, name):
    document = quote(some(random, [None, "1", "o1", "..", "p00000000-0000-0000-0000-000000000001"], samples, 10))
    model = quote(random.choice([None, MODEL, change_json(random, MODEL, samples.names, samples.objects)]))
    start = random.choice(["start_flow", "start_flow", "enqueue_flow"])
    run = session.value(f"SELECT smartwf.{start}({quote(name)}, {document}, {model}, {quote(random.choice([None, None, 'key']))})")
    if run is None:
        return
    for _ in range(random.choice([1, 3, 5])):
        confirmation = "(SELECT max(id) FROM smartwf.confirmations)"
        session.run(random.choice([
            f"SELECT smartwf.run_document({run})", f"SELECT smartwf.flow_diagram({quote(name)}, {quote(random.choice(['mermaid', 'dot', 'plantuml']))}, {run})",
            f"SELECT smartwf.answer_confirmation({confirmation}, {quote(some(random, ['yes', 'no', 'true'], samples))}, {quote(word(random, samples.words))})",
            f"SELECT smartwf.delegate({confirmation}, {quote(some(random, ['fuzz_definer', 'fuzz_clerk'], samples))})",
            f"SELECT smartwf.restart_run({run}, {quote(some(random, [None, 'ask', 'a'], samples))})", f"SELECT smartwf.cancel_run({run})", f"SELECT smartwf.reset_run({run})",
            "SELECT * FROM smartwf.inbox", "SELECT * FROM smartwf.runs", "SELECT * FROM smartwf.notifications"]))
    # a step that fails fails the run alone
    session.run(f"SELECT sqlstate, message FROM smartwf.runs WHERE id = {run} AND sqlstate ~ '^(XX|58)'")


def flow(session, random, samples):
    text = change_json(random, random.choice(samples.flows), samples.names, samples.flows)
    version = session.value(f"SELECT smartwf.define_flow({quote(text)})")
    if version is None:
        return
    name = name_of(text)
    round_trip(session, "define_flow", "flow_definition", name, version)
    session.run(f"SELECT * FROM smartwf.check_flow({quote(name)})", must=True)
    session.run(f"SELECT smartwf.flow_diagram({quote(name)}, {quote(random.choice(['mermaid', 'dot', 'plantuml']))})", must=True)
    use_flow(session, random, samples, name)


def builder(session, random, samples):
    """Verbs upon a draft, and it is published if it can be."""
    definition = json.loads(random.choice(samples.flows))
    name = definition["name"]
    session.run(f"SELECT smartwf.define_flow({quote(dump(definition))})")
    session.run(f"SELECT smartwf.draft_flow({quote(name)})")
    stages = [s.get("name") for s in definition["stages"] if isinstance(s, dict) and isinstance(s.get("name"), str)] or ["A"]
    steps = ["ask", "a", "b"] + [s.get("name") for stage in definition["stages"] if isinstance(stage, dict) for s in stage.get("steps") or [] if isinstance(s, dict) and isinstance(s.get("name"), str)]
    flow = quote(name)
    for _ in range(random.choice([2, 5, 10])):
        stage, step, parent = (quote(some(random, known, samples, 8)) for known in (stages, steps, steps))
        at = random.choice(["NULL", "1", "2", "0", "-5", "2147483647", "-2147483648"])
        branch = quote(random.choice([None, "else", "case", "default", "failure", "nothing"]))
        added = quote(change_json(random, '{"name": "new", "kind": "if_condition", "settings": {"field": "x", "operator": "equal", "value": 1}, "else": [{"name": "end of new", "kind": "finish"}]}', samples.names, samples.flows))
        session.run("SELECT smartwf." + random.choice([
            f"add_stage({flow}, {quote(word(random, samples.names))}, {at})", f"rename_stage({flow}, {stage}, {quote(word(random, samples.names))})", f"move_stage({flow}, {stage}, {at})",
            f"remove_stage({flow}, {stage})", f"add_step({flow}, {stage}, {added}, {at})", f"add_step({flow}, NULL, {added}, {at}, {parent}, {branch})",
            f"update_step({flow}, {step}, {added})", f"update_step({flow}, {step}, {quote(dump({word(random, samples.names): scalar(random, samples.names)}))})",
            f"move_step({flow}, {step}, {stage}, {at})", f"move_step({flow}, {step}, NULL, {at}, {parent}, {branch})", f"remove_step({flow}, {step})"]))
    if session.value(f"SELECT smartwf.publish_flow({flow})") is not None:
        use_flow(session, random, samples, name)


def address_of(random, samples):
    sample = random.choice(samples.addresses)
    if chance(random, 2):
        sample = f"/api/v2/smart-elements/{random.choice(ENCODED)}/workflows/" + random.choice(["states/", "transitions/"]) + random.choice(["", random.choice(STATES + TRANSITIONS)])
    return change_address(random, sample, samples.names)


def body_of(random, samples):
    if chance(random, 4):
        return random.choice([None, "null", "[]", "5", "{}", '"x"'])
    return change_json(random, '{"comment": "c", "parameters": ' + PARAMETERS + "}", samples.names, samples.objects)


def method_of(random):
    return random.choice(["GET", "GET", "POST", "POST", "POST", "HEAD", "PUT", "DELETE", "get", "", "GET ", "X" * 3000, "é", None])


def route(session, random, samples):
    session.run(f"SELECT * FROM smartwf.route({quote(method_of(random))}, {quote(address_of(random, samples))}, {quote(body_of(random, samples))})")


def gateway(session, random, samples):
    """The same, as PostgREST calls it: headers and claims are settings."""
    headers = {"x-original-method": method_of(random) or "", "x-original-uri": address_of(random, samples), "accept-language": random.choice(["fr", "en;q=0.5, fr-CH;q=1", "*", "de;q=x", ""])}
    claims = change_json(random, '{"role": "fuzz_clerk", "sub": "anna", "a": {"b": ["c"]}}', samples.names, samples.objects)
    text = change_json(random, dump(headers), samples.names, samples.objects) if chance(random, 3) else dump(headers)
    session.run(f"SELECT set_config('request.headers', {quote(text)}, true), set_config('request.jwt.claims', {quote(claims)}, true), set_config('smartwf.locale', {quote(some(random, ['', 'fr', 'en'], samples))}, true)")
    body = body_of(random, samples) or ""
    if chance(random, 4):
        body = change_text(random, body, samples.names)
    data = bytearray(body.encode("utf-8", "replace"))
    for _ in range(random.choice([0, 0, 1, 3])):
        data.insert(random.randrange(len(data) + 1), random.randrange(256))
    session.run(f"SELECT smartwf_api.gateway('\\x{data.hex()}')")
    session.run("SELECT smartwf.actor(), smartwf.is_administrator(), smartwf.get_states('o1')")


def template(session, random, samples):
    text = change_text(random, random.choice(samples.templates), samples.names + ["{{#list}}", "{{/list}}", "{{^a}}", "{{/a}}", "{{>x}}", "{{=<% %>=}}", "<%={{ }}=%>", "{{{n}}}", "{{&n}}", "{{!", "\r\n", "{{.}}"])
    if chance(random, 10):
        # no list among them: of two items in sections of n depths come 2^n texts, as Mustache wants it
        depth, section, name = random.choice([10, 1000, 10000]), random.choice("#^"), random.choice(["yes", "deep"])
        text = f"{{{{{section}{name}}}}}" * depth + text + f"{{{{/{name}}}}}" * depth
    partials = change_json(random, '{"x": "x{{>y}}", "y": "{{#list}}{{>x}}{{/list}}", "head": "Hello {{name}}", "line": "a {{name}}\\nb\\n"}', samples.templates, samples.objects)
    session.run(f"SELECT length(smartwf.render_template({quote(text)}, {quote(change_json(random, MODEL, samples.names, samples.objects))}, {quote(some(random, ['text', 'html'], samples, 20))}, {quote(random.choice([None, partials]))}))")


def transition(session, random, samples):
    """Parameters, comments and documents of a workflow that is good for it."""
    if chance(random, 3):
        session.run(f"SET LOCAL smartwf.locale = {quote(word(random, samples.names))}")
    for _ in range(random.choice([1, 2, 4])):
        docid, name = quote(some(random, DOCUMENTS, samples, 10)), quote(some(random, TRANSITIONS, samples, 10))
        comment = quote(random.choice([None, "raise", "divide", "forge", "nest", word(random, samples.words)]))
        parameters = quote(random.choice([None, PARAMETERS, change_json(random, PARAMETERS, samples.names, samples.objects), change_json(random, PARAMETERS, TEXTS, samples.objects)]))
        structure = quote(random.choice([None, None, None, "BILL", "other", "nowhere"]))
        session.run(random.choice([
            f"SELECT smartwf.pass_transition({docid}, {name}, {comment}, {parameters}, {structure})", f"SELECT smartwf.pass_transition({docid}, 't1_2', {comment}, {parameters})",
            f"SELECT smartwf.set_state({docid}, {quote(some(random, STATES, samples, 10))}, {comment}, {parameters}, {structure})",
            f"SELECT * FROM smartwf.pass_transitions(ARRAY[{docid}, NULL, {quote(some(random, DOCUMENTS, samples))}], {name}, {comment}, {parameters})",
            f"SELECT * FROM smartwf.blockers({docid}, {name}, {structure})", f"UPDATE bill SET state = {quote(random.choice(STATES))}, amount = {random.choice(['1', '5000', '-1', 'NULL', 'amount'])} WHERE id = {docid}",
            f"UPDATE other SET state = {quote(random.choice(STATES))}", "UPDATE parted SET id = 'e0000000-0000-0000-0000-000000000001', state = 'e2' WHERE id < '80000000-0000-0000-0000-000000000000'", f"DELETE FROM other WHERE 'o' || id = {docid}",
            f"INSERT INTO bill (id, state) VALUES ({docid}, {quote(some(random, [None, 'e1', 'e2'], samples))}) ON CONFLICT (id) DO UPDATE SET state = 'e2'",
            f"DELETE FROM bill WHERE id = {docid}"]))
        use_document(session, random, samples, some(random, DOCUMENTS, samples, 10), STATES, TRANSITIONS)


def argument(random, samples, type_name):
    """Something of a type, or nearly."""
    if chance(random, 10):
        return "NULL"
    if type_name in ("integer", "bigint", "double precision", "numeric"):
        return str(random.choice([1, 2, 0, -1, 2147483647, 5]))
    if type_name == "boolean":
        return random.choice(["true", "false"])
    if type_name == "jsonb":
        return quote(change_json(random, random.choice(samples.objects + samples.workflows + samples.flows), samples.names, samples.objects)) + "::jsonb"
    if type_name == "xml":
        return quote(change_xml(random, random.choice(samples.xml), samples.names)) + "::xml"
    if type_name == "text[]":
        return "ARRAY[" + ", ".join(quote(some(random, DOCUMENTS, samples)) for _ in range(random.randrange(4))) + "]::text[]"
    if type_name == "interval":
        return quote(random.choice(["1 day", "-1 day", "0", "178000000 years", "100 years", "1 second"])) + "::interval"
    if type_name == "timestamp with time zone":
        return quote(random.choice(["now", "infinity", "-infinity", "294276-12-31", "4713-01-01 BC"])) + "::timestamptz"
    if type_name == "regclass":
        return quote(random.choice(["bill", "blank", "moody", "parted", "parted_low", "smartwf.history", "smartwf.runs", "smartwf.timers", "pg_class", "bill_pkey"])) + "::regclass"
    if type_name == "bytea":
        return "'\\x00ff'::bytea"
    if type_name == "anyelement":
        return random.choice(["1", "'a'::text", "now()", "'e1'::mood", "ARRAY[1]", "ROW(1, 'a')", "'{}'::jsonb"])
    if type_name == "smartwf.steps":
        return "(SELECT s FROM smartwf.steps s LIMIT 1)"
    return quote(some(random, DOCUMENTS + STATES + TRANSITIONS, samples, 2)) + ("::text" if type_name == "text" else "")


def call(session, random, samples):
    """Any function of ours with whatever fits its arguments."""
    for _ in range(random.choice([1, 2, 4])):
        name, types = random.choice(session.functions)
        session.run(f"SELECT {name}(" + ", ".join(argument(random, samples, type_name) for type_name in types) + ")")


ROWS = ["UPDATE smartwf.states SET {0} = {1} WHERE name = {2}", "UPDATE smartwf.transitions SET {0} = {1} WHERE name = {2}", "UPDATE smartwf.workflows SET {0} = {1}",
        "INSERT INTO smartwf.translations (workflow_id, kind, name, locale, label) SELECT id, 'state', 'e1', {2}, {1} FROM smartwf.workflows", "DELETE FROM smartwf.arcs", "DELETE FROM smartwf.states WHERE name = {2}",
        "INSERT INTO smartwf.transition_grants (workflow_id, transition, kind, grantee) SELECT id, 't1_2', 'column', {1} FROM smartwf.workflows", "DELETE FROM smartwf.workflows", "DELETE FROM smartwf.flows",
        "UPDATE smartwf.structures SET {0} = {1}", "UPDATE smartwf.elements SET {0} = {1}", "UPDATE smartwf.workflows SET status = 'draft'", "UPDATE smartwf.workflow_timers SET {0} = {1}", "UPDATE smartwf.timer_tasks SET {0} = {1}",
        "UPDATE smartwf.transition_parameters SET {0} = {1}", "UPDATE smartwf.templates SET {0} = {1}", "UPDATE smartwf.steps SET {0} = {1}", "UPDATE smartwf.flows SET {0} = {1}", "INSERT INTO smartwf.workflows (name, status) VALUES ({1}, 'draft')",
        "UPDATE smartwf.element_timers SET {0} = {1}", "UPDATE smartwf.runs SET {0} = {1}", "UPDATE smartwf.confirmations SET {0} = {1}", "UPDATE smartwf.run_steps SET {0} = {1}"]
COLUMNS = ["label", "name", "activity", "color", "guard", "guard_message", "m0", "m1", "timer", "flow", "delta", "kind", "settings", "options", "type", "locale", "version", "position", "is_initial", "status", "max_runs",
           "state_column", "docid_column", "docid_prefix", "relation_name", "relation_schema", "structure", "docid", "text_body", "cases", "model", "step", "due_at", "failure", "workflow_id", "reference_column", "users", "options"]


def rows(session, random, samples):
    """The tables themselves, written as whoever may write them can."""
    for _ in range(random.choice([1, 2, 3])):
        session.run(random.choice(ROWS).format(random.choice(COLUMNS), quote(some(random, ["1", "{}", "[]", "true"], samples, 2)), quote(some(random, STATES + TRANSITIONS, samples, 8))))
        use_document(session, random, samples, random.choice(DOCUMENTS), STATES, TRANSITIONS)
        use_flow(session, random, samples, "standing")
    session.run("SET CONSTRAINTS ALL IMMEDIATE")


def work(session, random, samples):
    """Runs that are queued, timers and deliveries, by a procedure that commits."""
    text = change_json(random, random.choice(samples.flows), samples.names, samples.flows)
    session.outside()
    version = session.value(f"SELECT smartwf.define_flow({quote(text)})")
    if version is not None:
        session.run(f"SELECT smartwf.enqueue_flow({quote(name_of(text))}, {quote(some(random, [None, '1', 'o2'], samples, 20))}, {quote(MODEL)})")
    session.run("SET ROLE fuzz_admin")
    session.run(f"SELECT smartwf.advance_clock({quote(random.choice([None, '1 day', '60 days', '1 second']))})")
    session.run("CALL smartwf.work()")
    if chance(random, 4):
        session.run("SELECT smartwf.restart_all('%', '%')")
        session.run(f"CALL smartwf.purge({quote(random.choice(['0', '-1 day', '1 day', '10 years']))}, {random.choice(['true', 'false'])}, {random.choice(['true', 'false'])})")
    session.run("SELECT smartwf.advance_clock(NULL)")
    session.run("SELECT sqlstate, message FROM smartwf.runs WHERE sqlstate ~ '^(XX|58)' UNION ALL SELECT sqlstate, message FROM smartwf.timers WHERE sqlstate ~ '^(XX|58)'")


# how often
KINDS = [(workflow, 12), (flow, 12), (xml, 8), (guard, 6), (builder, 2), (route, 24), (gateway, 14), (template, 12), (transition, 12), (call, 10), (rows, 3), (work, 1)]
# what would do away with the fixture is never committed
UNDONE = (call, rows)
# a statement, in a transaction of its own
SINGLE = (route, template)
# after what is, it may not be as it was
CHANGING = (workflow, xml, guard, transition)
