"""Files that are sent to be imported: on the disk from the first byte, bounded, and forgotten after a while."""
