"""Does it get better? Control charts that tell a signal from noise, and tests of what interventions did."""
