//! From OpenMetrics to the text format before it (prometheus.io, "Exposition formats"): there a counter is named with
//! its suffix in the lines about it too, and units and the end are not said.

/// The same metrics, line by line.
pub(super) fn from_openmetrics(text: &str) -> String {
    let counters: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut classic = String::new();
    for line in text.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("EOF" | "UNIT"), ..) => {}
            (Some("#"), Some(kind), Some(name), Some(rest)) if counters.contains(&name) => {
                classic += &format!("# {kind} {name}_total {rest}\n");
            }
            _ => classic += &format!("{line}\n"),
        }
    }
    classic
}

#[cfg(test)]
mod tests {
    #[test]
    fn counters_keep_their_suffix_and_units_go() {
        let open = "# HELP t_runs Runs that have ended.\n# TYPE t_runs counter\nt_runs_total{c=\"go\"} 3\n\
                    # HELP t_at_seconds When.\n# TYPE t_at_seconds gauge\n# UNIT t_at_seconds seconds\n\
                    t_at_seconds 0.5\n# EOF\n";
        let classic = "# HELP t_runs_total Runs that have ended.\n# TYPE t_runs_total counter\n\
                       t_runs_total{c=\"go\"} 3\n# HELP t_at_seconds When.\n# TYPE t_at_seconds gauge\n\
                       t_at_seconds 0.5\n";
        assert_eq!(super::from_openmetrics(open), classic);
    }
}
