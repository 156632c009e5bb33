-- Inputs of tool calls in a job's message that are not JSON objects, as a JSON array; null where there are none.
--
-- The statement can run again, also after a kill in the middle.
alter table claude_job add column if not exists unparsed_tool_inputs ${bytes};
