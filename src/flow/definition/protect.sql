-- Checks and protection of published flows.

-- The steps of a flow that runs as its owner have the rights of the role that has published it.
CREATE FUNCTION smartwf.require_ordinary_owner(flow text, run_as text, owner text) RETURNS void
	LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF run_as = 'owner' AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = require_ordinary_owner.owner
		AND r.rolsuper) THEN
		RAISE EXCEPTION 'flow "%" would run as "%", a superuser', flow, owner USING ERRCODE = 'WF001',
			DETAIL = format('WFL0520 flow %s: it runs as its owner, the role that publishes it.', flow),
			HINT = 'Publish it as an ordinary role (SET ROLE), or let it run as its starter.';
	END IF;
END
$$;
COMMENT ON FUNCTION smartwf.require_ordinary_owner(text, text, text) IS
'Checks the owner of a flow. flow (text): the flow; run_as (text): as in smartwf.flows; owner (text): the role that '
'publishes it. Raises WF001 if run_as is owner, and the owner is a superuser.';

-- A version is checked when it is published, and frozen from then on.  A version that is
-- inserted with its shape is being loaded, and is not frozen until it is complete.
CREATE FUNCTION smartwf.protect_flow() RETURNS trigger
	LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	frozen int;
BEGIN
	IF TG_TABLE_NAME <> 'flows' THEN
		SELECT f.id INTO frozen FROM smartwf.flows f
			WHERE f.status = 'published' AND (f.id = (to_jsonb(NEW) ->> 'flow_id')::int
				OR f.id = (to_jsonb(OLD) ->> 'flow_id')::int)
				AND f.shape = smartwf.flow_shape(f.id);
	ELSIF TG_OP = 'INSERT' AND NEW.status = 'published' AND NEW.run_as = 'owner'
		AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = NEW.owner AND pg_has_role(r.oid, 'MEMBER')) THEN
		RAISE EXCEPTION 'flow "%" runs as "%"', NEW.name, NEW.owner USING ERRCODE = 'insufficient_privilege',
			DETAIL = 'Only a member of that role may bring it back.';
	ELSIF TG_OP = 'INSERT' AND NEW.status = 'published' AND NEW.shape IS NULL THEN
		RAISE EXCEPTION 'flow "%" must be a draft first', NEW.name USING ERRCODE = 'WF001',
			HINT = 'Insert it as a draft, and publish it when its stages and steps are there.';
	ELSIF TG_OP = 'UPDATE' AND NEW.status = 'published' AND OLD.status = 'draft' THEN
		PERFORM smartwf.require_valid_flow(smartwf.flow_form(NEW.id));
		PERFORM smartwf.bind_role(smartwf.acting_role());
		NEW.owner := smartwf.acting_role();
		NEW.shape := smartwf.flow_shape(NEW.id);
		PERFORM smartwf.require_ordinary_owner(NEW.name, NEW.run_as, NEW.owner);
	ELSIF TG_OP = 'UPDATE' AND OLD.status = 'published'
		-- forget_role() sets the owner to null
		AND (NEW.id, NEW.name, NEW.version, NEW.status, NEW.structure, NEW.shape, NEW.run_as,
			coalesce(NEW.owner, OLD.owner), NEW.model)
			IS DISTINCT FROM (OLD.id, OLD.name, OLD.version, OLD.status, OLD.structure, OLD.shape, OLD.run_as,
				OLD.owner, OLD.model) THEN
		frozen := OLD.id;
	END IF;
	IF frozen IS NOT NULL THEN
		RAISE EXCEPTION 'published flow % cannot change its stages and steps', frozen USING ERRCODE = 'WF001',
			DETAIL = format('WFL0002 %s: a published version is frozen; label, access, grants and limit may change.',
				TG_TABLE_NAME),
			HINT = 'Make a draft of it with smartwf.draft_flow(), '
				'or define the next version with smartwf.define_flow().';
	END IF;
	RETURN coalesce(NEW, OLD);
END
$$;
COMMENT ON FUNCTION smartwf.protect_flow() IS
'Trigger function, BEFORE INSERT OR UPDATE OR DELETE FOR EACH ROW, on smartwf.flows, smartwf.stages and '
'smartwf.steps: checks flows when they are published, and protects published versions. Raises WF001 if a flow is not '
'valid, or a published version would change, and 42501 if a published flow that runs as its owner is inserted by a '
'role that is not a member of the owner.';

DO $install$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['flows', 'stages', 'steps'] LOOP
		EXECUTE format('CREATE TRIGGER protect BEFORE INSERT OR UPDATE OR DELETE ON smartwf.%I
			FOR EACH ROW EXECUTE FUNCTION smartwf.protect_flow()', name);
		EXECUTE format('CREATE TRIGGER keep BEFORE TRUNCATE ON smartwf.%I EXECUTE FUNCTION smartwf.refuse_truncate()',
			name);
	END LOOP;
END
$install$;
CREATE TRIGGER keep BEFORE TRUNCATE ON smartwf.flow_grants EXECUTE FUNCTION smartwf.refuse_truncate();
