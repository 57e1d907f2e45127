-- At one height one block stands, so that a log's place names it: the index that orders what stands also refuses a log that
-- stands already. The hash's own index was the dearest part of an append, for its keys lie anywhere; closed milestones are
-- found in the order of all facts.
DROP INDEX chain_fact_order;
CREATE UNIQUE INDEX chain_fact_order ON chain_fact (chain, block_no, log_index) WHERE orphaned_by IS NULL;
DROP INDEX chain_fact_standing;
DROP INDEX chain_fact_closed;
