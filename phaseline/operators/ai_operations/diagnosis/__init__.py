"""What is wrong in a cluster, why, and what would put it right."""

from phaseline.operators.ai_operations.diagnosis.diagnosing import diagnose as diagnose
