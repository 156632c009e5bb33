-- Every statement can be run again: H2 commits each one, and a server may be killed between two
-- (docs/decisions/0038-repeatable-migrations.md).

-- db-scheduler's table: tasks that are run once each, by whichever server is free. Its columns are the library's.
create table if not exists claude_task (
    task_name            varchar(100)             not null,
    task_instance        varchar(255)             not null,
    task_data            ${bytes},
    execution_time       timestamp with time zone not null,
    picked               boolean                  not null,
    picked_by            varchar(255),
    last_success         timestamp with time zone,
    last_failure         timestamp with time zone,
    consecutive_failures int,
    last_heartbeat       timestamp with time zone,
    version              bigint                   not null,
    priority             smallint,
    primary key (task_name, task_instance)
);
create index if not exists claude_task_due on claude_task (execution_time);
create index if not exists claude_task_heartbeat on claude_task (last_heartbeat);

-- What a caller submitted. The ordinal is the key within the database and the order of lists; the id is what callers know.
create table if not exists claude_batch (
    ordinal          bigint generated always as identity primary key,
    id               varchar(64)              not null,
    owner            varchar(255)             not null,
    idempotency_key  varchar(255),
    status           varchar(16)              not null,
    revision         bigint                   not null, -- grows with each change that can be seen
    headers          varchar(4000)            not null, -- anthropic-* of the submission, as a JSON object
    cancel_requested boolean                  not null,
    requests         bigint                   not null,
    created_at       timestamp with time zone not null,
    touched_at       timestamp with time zone not null, -- while it is being received
    ended_at         timestamp with time zone
);
create unique index if not exists claude_batch_id on claude_batch (id);
create unique index if not exists claude_batch_idempotency on claude_batch (owner, idempotency_key);

-- One of Anthropic's Message Batches, sent or to be sent. Round 0 is the submission and has a range of positions; later rounds are
-- resubmissions and have rows in claude_batch_resent. The counts are those of requests whose latest outcome is this part's.
create table if not exists claude_batch_part (
    batch            bigint  not null references claude_batch on delete cascade,
    number           int     not null,
    round            int     not null,
    state            varchar(16) not null,
    first_position   bigint  not null,
    last_position    bigint  not null,
    requests         bigint  not null,
    bytes            bigint  not null,
    sent_at          timestamp with time zone,
    missing_since    timestamp with time zone, -- since when Claude says that it does not know it
    message_batch_id varchar(128),
    message_batch    varchar(8000),
    problem          varchar(8000),
    processing       bigint  not null,
    succeeded        bigint  not null,
    errored          bigint  not null,
    canceled         bigint  not null,
    expired          bigint  not null,
    primary key (batch, number)
);
create unique index if not exists claude_batch_part_upstream on claude_batch_part (message_batch_id);
create index if not exists claude_batch_part_state on claude_batch_part (state);

-- A request as it was submitted. part is where it was last put; settled_part is where its latest outcome comes from.
create table if not exists claude_batch_request (
    batch        bigint      not null references claude_batch on delete cascade,
    position     bigint      not null,
    custom_id    varchar(64) not null,
    part         int         not null,
    settled_part int         not null,
    outcome      varchar(16),
    error_type   varchar(64),
    body         ${bytes}    not null,
    primary key (batch, position)
);
create unique index if not exists claude_batch_request_custom_id on claude_batch_request (batch, custom_id);

-- A request that is sent again, and the outcome that it had until then.
create table if not exists claude_batch_resent (
    batch      bigint      not null references claude_batch on delete cascade,
    part       int         not null,
    position   bigint      not null,
    outcome    varchar(16) not null,
    error_type varchar(64),
    primary key (batch, part, position)
);

create table if not exists claude_batch_usage (
    batch                bigint       not null references claude_batch on delete cascade,
    part                 int          not null,
    model                varchar(255) not null,
    requests             bigint       not null,
    input_tokens         bigint       not null,
    output_tokens        bigint       not null,
    cache_write_5m_tokens bigint      not null,
    cache_write_1h_tokens bigint      not null,
    cache_read_tokens    bigint       not null,
    primary key (batch, part, model)
);

-- One row for each thing that is done by one server at a time.
create table if not exists claude_lock (
    name varchar(64) primary key
);
insert into claude_lock (name) select 'batch-sending' where not exists (select 1 from claude_lock where name = 'batch-sending');
