EXTENSION = smartwf
# the version stands in smartwf.control alone
EXTENSION_VERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" smartwf.control)

MODULE_big = smartwf
ROOMS = common lifecycle outbox flow timer worker http
OBJS = src/smartwf.o $(patsubst %.c,%.o,$(sort $(wildcard $(ROOMS:%=src/%/*.c))))

# joined in this order into the install script
SQL_PARTS = \
	src/common/common.sql \
	src/lifecycle/definition.sql \
	src/lifecycle/element.sql \
	src/lifecycle/enforce.sql \
	src/lifecycle/check.sql \
	src/lifecycle/trigger.sql \
	src/lifecycle/reconcile.sql \
	src/lifecycle/attach.sql \
	src/lifecycle/ddl.sql \
	src/lifecycle/define.sql \
	src/lifecycle/import.sql \
	src/lifecycle/transition.sql \
	src/lifecycle/document.sql \
	src/lifecycle/diagram.sql \
	src/outbox/template.sql \
	src/outbox/outbox.sql \
	src/flow/definition.sql \
	src/flow/check.sql \
	src/flow/define.sql \
	src/flow/builder.sql \
	src/flow/run.sql \
	src/flow/document.sql \
	src/timer/timer.sql \
	src/worker/worker.sql \
	src/http/route.sql \
	src/roles.sql \
	src/grants.sql \
	src/http/api.sql

DATA_built = smartwf--$(EXTENSION_VERSION).sql
EXTRA_CLEAN = smartwf--*.sql META.json

REGRESS = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
REGRESS_OPTS = --load-extension=plpgsql --inputdir=. --encoding=UTF8

ISOLATION = $(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --outputdir=test/isolation/output

PG_CPPFLAGS = -I$(srcdir)/src

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
include $(PGXS)

# a change of a header may concern every file
$(OBJS): $(wildcard src/*/*.h)

smartwf--$(EXTENSION_VERSION).sql: $(SQL_PARTS) Makefile smartwf.control
	cat $(SQL_PARTS) > $@

# for a release: the version again comes from smartwf.control
META.json: META.json.in smartwf.control
	sed 's/@VERSION@/$(EXTENSION_VERSION)/' $< > $@
