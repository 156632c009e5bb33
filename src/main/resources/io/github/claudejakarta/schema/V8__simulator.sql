-- There is no V7. Do not add one: Flyway ignores a script whose version is below the newest that a database has run (outOfOrder is off).
--
-- Each statement can run again, also after a kill in the middle.

-- Since when an application has had a key of its own, or a base URL: from then on no simulator answers unless it is configured. An application that has
-- stored anything before this script may have had a key.
create table if not exists claude_upstream (
    application    varchar(64) primary key,
    key_since      timestamp with time zone,
    base_url_since timestamp with time zone
);
insert into claude_upstream (application, base_url_since)
select application, current_timestamp from (select application from claude_job union select application from claude_batch union select application from claude_usage) stored
where not exists (select 1 from claude_upstream known where known.application = stored.application);

-- What a simulator has answered.
alter table claude_job add column if not exists simulated boolean default false not null;
alter table claude_batch add column if not exists simulated boolean default false not null;
alter table claude_usage add column if not exists simulated boolean default false not null;
create unique index if not exists claude_usage_simulated on claude_usage (application, used_on, caller, model, kind, simulated);
drop index if exists claude_usage_application;
