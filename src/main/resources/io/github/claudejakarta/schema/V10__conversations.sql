-- Conversations: what each request has in common, and the question that is open. The ordinal is the order of lists; the id is what callers know.
--
-- Each statement can run again, also after a kill in the middle.
create table if not exists claude_conversation (
    ordinal        bigint generated always as identity primary key,
    id             varchar(64)              not null,
    application    varchar(64)              not null,
    owner          varchar(255)             not null,
    request        ${bytes}                 not null, -- the parameters of its requests, a JSON object
    forked_from    varchar(64),                       -- the id of another conversation, which may be gone
    forked_at      varchar(64),                       -- the id of the last message that both have
    messages       int                      not null,
    bytes          bigint                   not null, -- of the request, the messages and the open question
    question_token varchar(64),                       -- known to the sender of the question alone; a later question has another
    question       ${bytes},                          -- its content; null where Claude's turn is continued
    asked_at       timestamp with time zone,
    asked_until    timestamp with time zone,          -- after this another question may take its place; null for a job's
    stream_id      varchar(64),
    job_id         varchar(64),
    created_at     timestamp with time zone not null,
    used_at        timestamp with time zone not null
);
create unique index if not exists claude_conversation_id on claude_conversation (id);
create index if not exists claude_conversation_list on claude_conversation (application, ordinal);
create index if not exists claude_conversation_owner on claude_conversation (application, owner, ordinal);
create index if not exists claude_conversation_job on claude_conversation (job_id);
create index if not exists claude_conversation_used on claude_conversation (application, used_at);

-- A message, which never changes. A fork has copies with the same ids.
create table if not exists claude_conversation_message (
    conversation bigint                   not null references claude_conversation on delete cascade,
    number       int                      not null, -- from 1
    id           varchar(64)              not null,
    role         varchar(16)              not null,
    content      ${bytes}                 not null, -- JSON as it is sent to Claude
    envelope     ${bytes},                          -- Claude's message without its content
    created_at   timestamp with time zone not null,
    primary key (conversation, number)
);
