-- Every statement can be run again: H2 commits each one, and a server may be killed between two
-- (docs/decisions/0038-repeatable-migrations.md).

-- What callers have used. A row grows until its day, in UTC, is over.
create table if not exists claude_usage (
    used_on               date         not null,
    caller                varchar(255) not null,
    model                 varchar(255) not null,
    kind                  varchar(16)  not null, -- messages, batch
    requests              bigint       not null, -- that were answered by a message
    input_tokens          bigint       not null,
    output_tokens         bigint       not null,
    cache_write_5m_tokens bigint       not null,
    cache_write_1h_tokens bigint       not null,
    cache_read_tokens     bigint       not null,
    primary key (used_on, caller, model, kind)
);
