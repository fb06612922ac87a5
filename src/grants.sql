-- Functions that check the privileges of the caller themselves are granted to PUBLIC.
-- Functions that define workflows and flows or attach tables are not.

REVOKE ALL ON ALL ROUTINES IN SCHEMA smartwf FROM PUBLIC;
GRANT USAGE ON SCHEMA smartwf TO PUBLIC;
GRANT EXECUTE ON FUNCTION
	smartwf.actor(),
	smartwf.actor_is_person(),
	smartwf.is_administrator(),
	smartwf.failures(),
	smartwf.requested_state(anyelement),
	smartwf.docid(text, anyelement),
	smartwf.pass_transition(text, text, text, jsonb, text),
	smartwf.set_state(text, text, text, jsonb, text),
	smartwf.pass_transitions(text[], text, text, jsonb),
	smartwf.blockers(text, text, text),
	smartwf.get_states(text, boolean, text),
	smartwf.get_state(text, text, text),
	smartwf.get_transitions(text, text),
	smartwf.get_transition(text, text, text),
	smartwf.get_history(text, text, int, int),
	smartwf.names_caller(text[], text[]),
	smartwf.person(),
	smartwf.shows_model(bigint),
	smartwf.run_model(bigint),
	smartwf.skip_step(bigint),
	smartwf.set_run_model(bigint, jsonb),
	smartwf.pause_flow(text),
	smartwf.resume_flow(text),
	smartwf.mark_read(bigint, boolean),
	smartwf.delete_notification(bigint),
	smartwf.caller_names(),
	smartwf.sees_run(bigint),
	smartwf.start_flow(text, text, jsonb, text),
	smartwf.enqueue_flow(text, text, jsonb, text, timestamptz, int),
	smartwf.restart_run(bigint, text),
	smartwf.restart_all(text, text),
	smartwf.clock(),
	smartwf.advance_clock(interval),
	smartwf.deliver_again(text),
	smartwf.pause_database(name),
	smartwf.resume_database(name),
	smartwf.cancel_run(bigint),
	smartwf.reset_run(bigint),
	smartwf.answer_confirmation(bigint, text, text),
	smartwf.delegate(bigint, text),
	smartwf.run_document(bigint),
	smartwf.render_template(text, jsonb, text, jsonb),
	smartwf.route(text, text, jsonb),
	smartwf.is_visible(text),
	smartwf.is_readable(text),
	smartwf.may_restore_run(text, text),
	smartwf.may_restore_step(bigint),
	smartwf.may_restore_grant(int),
	smartwf.may_restore_answer(bigint),
	smartwf.element_document(text, text, text),
	smartwf.lock_element(text, boolean),
	smartwf.unlock_element(text, boolean)
	TO PUBLIC;
GRANT EXECUTE ON PROCEDURE smartwf.work(double precision), smartwf.purge(interval, boolean, boolean) TO PUBLIC;

-- for monitoring
GRANT EXECUTE ON FUNCTION smartwf.list_workers() TO pg_monitor;
GRANT SELECT ON smartwf.workers, smartwf.metrics TO pg_monitor;
