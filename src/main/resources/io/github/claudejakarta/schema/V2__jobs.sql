-- Every statement can be run again: H2 commits each one, and a server may be killed between two
-- (docs/decisions/0038-repeatable-migrations.md).

-- db-scheduler's table once more, for each kind of work that must not hold up the others.
create table if not exists claude_job_task (
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
create index if not exists claude_job_task_due on claude_job_task (execution_time);
create index if not exists claude_job_task_heartbeat on claude_job_task (last_heartbeat);

create table if not exists claude_delivery_task (
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
create index if not exists claude_delivery_task_due on claude_delivery_task (execution_time);
create index if not exists claude_delivery_task_heartbeat on claude_delivery_task (last_heartbeat);

-- A message that is asked for in the background. The ordinal is the order of lists; the id is what callers know.
create table if not exists claude_job (
    ordinal          bigint generated always as identity primary key,
    id               varchar(64)              not null,
    owner            varchar(255)             not null,
    idempotency_key  varchar(255),
    status           varchar(16)              not null,
    revision         bigint                   not null, -- grows with each change that can be seen
    round            int                      not null, -- how often a person has revived it; each round has a task of its own
    headers          varchar(4000)            not null, -- anthropic-* of the submission, as a JSON object
    request          ${bytes}                 not null,
    metadata         varchar(8000),
    callback_url     varchar(2000),
    attempts         int                      not null, -- of this round
    restarts         int                      not null, -- of these attempts, those that ended with their server
    token            bigint                   not null, -- of whoever began the latest attempt: an earlier one comes too late
    stream_id        varchar(64),                       -- of the latest attempt
    message          ${bytes},
    error            varchar(8000),
    bytes            bigint                   not null, -- of the request, the message and what callbacks tell
    created_at       timestamp with time zone not null,
    started_at       timestamp with time zone,          -- of the latest attempt
    next_attempt_at  timestamp with time zone,
    ended_at         timestamp with time zone
);
create unique index if not exists claude_job_id on claude_job (id);
create unique index if not exists claude_job_idempotency on claude_job (owner, idempotency_key);
create index if not exists claude_job_owner on claude_job (owner, ordinal);
create index if not exists claude_job_status on claude_job (status, ordinal);
create index if not exists claude_job_ended on claude_job (ended_at);

-- A callback: what is told to whom. The subject is the id of the job or batch that has ended, and goes with it.
create table if not exists claude_delivery (
    ordinal         bigint generated always as identity primary key,
    id              varchar(64)              not null, -- webhook-id
    subject         varchar(64)              not null,
    event           varchar(64)              not null,
    url             varchar(2000)            not null,
    payload         ${bytes}                 not null,
    status          varchar(16)              not null,
    round           int                      not null, -- how often a person had it sent again; each round has a task of its own
    failures        int                      not null, -- of this round
    attempts        int                      not null, -- of all rounds
    last_status     int,
    last_answer     varchar(2000),
    created_at      timestamp with time zone not null,
    last_attempt_at timestamp with time zone,
    next_attempt_at timestamp with time zone,
    ended_at        timestamp with time zone
);
create unique index if not exists claude_delivery_id on claude_delivery (id);
create index if not exists claude_delivery_subject on claude_delivery (subject);
create index if not exists claude_delivery_status on claude_delivery (status);

-- Who is told of a batch's end, and where this server is found by its submitter.
alter table claude_batch add column if not exists callback_url varchar(2000);
alter table claude_batch add column if not exists server varchar(2000);
