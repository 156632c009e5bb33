-- Calls of an application's listeners for the end of a job or batch. A call that was made has no row.
--
-- Each statement can run again, also after a kill in the middle.

-- db-scheduler's table, with the application as in V6.
create table if not exists claude_listener_task (
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
alter table claude_listener_task add column if not exists application varchar(100) generated always as (regexp_replace(task_name, '/.*', '')) ${stored};
create index if not exists claude_listener_task_application on claude_listener_task (application, execution_time);
create index if not exists claude_listener_task_heartbeat on claude_listener_task (last_heartbeat);

-- The subject is the id of the job or batch that has ended, and the call is forgotten with it.
create table if not exists claude_listener_call (
    id            varchar(64)              not null primary key,
    application   varchar(64)              not null,
    kind          varchar(16)              not null, -- job, batch
    subject       varchar(64)              not null,
    listener      varchar(500)             not null, -- name of the bean or of its class
    status        varchar(16)              not null, -- pending, dead
    round         int                      not null, -- how often a person had it made again; each round has a task of its own
    failures      int                      not null, -- of this round
    problem       varchar(2000),                     -- of the last attempt
    missing_since timestamp with time zone,          -- since when no node has had the listener
    created_at    timestamp with time zone not null
);
create index if not exists claude_listener_call_subject on claude_listener_call (subject);
create index if not exists claude_listener_call_status on claude_listener_call (application, status);
