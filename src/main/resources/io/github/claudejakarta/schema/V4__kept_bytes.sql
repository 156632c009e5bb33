-- How many bytes are stored, by kind (job, batch). Each transaction that stores or deletes bytes adds one row with the difference, so that no
-- transaction waits for another. The sum of a kind's rows is the total; rows are replaced by their sum now and then.
--
-- Each statement can run again, also after a kill in the middle.
create table if not exists claude_kept (
    ordinal bigint generated always as identity primary key,
    kind    varchar(16) not null,
    bytes   bigint      not null
);

insert into claude_kept (kind, bytes)
select k.kind, k.bytes from (select 'job' as kind, coalesce(sum(bytes), 0) as bytes from claude_job) k
where not exists (select 1 from claude_kept c where c.kind = k.kind);

insert into claude_kept (kind, bytes)
select k.kind, k.bytes from (select 'batch' as kind, coalesce(sum(bytes), 0) as bytes from claude_batch_part where round = 0) k
where not exists (select 1 from claude_kept c where c.kind = k.kind);

-- Held while a total is corrected.
insert into claude_lock (name)
select l.name from (select 'kept' as name) l where not exists (select 1 from claude_lock c where c.name = l.name);
