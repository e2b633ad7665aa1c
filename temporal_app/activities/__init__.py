"""The only writers of state: one file a subject, each activity safe to run twice."""
