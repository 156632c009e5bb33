-- Several applications may share one database. Each row belongs to one application (claude.application), and each application sees and runs only its
-- own. Rows that are there belong to the application that runs this script, and so do rows of servers of an older version, which do not name theirs.
--
-- Each statement can run again, also after a kill in the middle.

-- A task's name begins with its application: "payroll/claude-job". The column is that beginning. A task that a server of an older version runs at this
-- moment keeps its name until that server has finished it (LegacyTasks).
alter table claude_task add column if not exists application varchar(100) generated always as (regexp_replace(task_name, '/.*', '')) ${stored};
alter table claude_job_task add column if not exists application varchar(100) generated always as (regexp_replace(task_name, '/.*', '')) ${stored};
alter table claude_delivery_task add column if not exists application varchar(100) generated always as (regexp_replace(task_name, '/.*', '')) ${stored};
update claude_task set task_name = '${application}/' || task_name where task_name not like '%/%' and picked = false;
update claude_job_task set task_name = '${application}/' || task_name where task_name not like '%/%' and picked = false;
update claude_delivery_task set task_name = '${application}/' || task_name where task_name not like '%/%' and picked = false;
create index if not exists claude_task_application on claude_task (application, execution_time);
create index if not exists claude_job_task_application on claude_job_task (application, execution_time);
create index if not exists claude_delivery_task_application on claude_delivery_task (application, execution_time);
drop index if exists claude_task_due;
drop index if exists claude_job_task_due;
drop index if exists claude_delivery_task_due;

-- Parts, requests and usage of a batch belong to the batch's application.
alter table claude_batch add column if not exists application varchar(64) default '${application}' not null;
create unique index if not exists claude_batch_application_idempotency on claude_batch (application, owner, idempotency_key);
create index if not exists claude_batch_application on claude_batch (application, ordinal);
create index if not exists claude_batch_application_owner on claude_batch (application, owner, ordinal);
drop index if exists claude_batch_idempotency;

alter table claude_job add column if not exists application varchar(64) default '${application}' not null;
create unique index if not exists claude_job_application_idempotency on claude_job (application, owner, idempotency_key);
create index if not exists claude_job_application on claude_job (application, ordinal);
create index if not exists claude_job_application_owner on claude_job (application, owner, ordinal);
create index if not exists claude_job_application_status on claude_job (application, status, ordinal);
create index if not exists claude_job_application_ended on claude_job (application, ended_at);
drop index if exists claude_job_idempotency;
drop index if exists claude_job_owner;
drop index if exists claude_job_status;
drop index if exists claude_job_ended;

alter table claude_delivery add column if not exists application varchar(64) default '${application}' not null;
create index if not exists claude_delivery_application_status on claude_delivery (application, status);
drop index if exists claude_delivery_status;

-- The key gets the application. H2 has invented the primary key's name; where it is gone already, nothing happens.
alter table claude_usage add column if not exists application varchar(64) default '${application}' not null;
create unique index if not exists claude_usage_application on claude_usage (application, used_on, caller, model, kind);
${postgresql}alter table claude_usage drop constraint if exists claude_usage_pkey;
${h2}execute immediate coalesce((select 'alter table claude_usage drop constraint "' || constraint_name || '"' from information_schema.table_constraints where upper(table_name) = 'CLAUDE_USAGE' and constraint_type = 'PRIMARY KEY' and table_schema = current_schema), 'set @claude_usage_key = null');

alter table claude_kept add column if not exists application varchar(64) default '${application}' not null;
