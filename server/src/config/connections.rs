//! How many connections there may be, and how long.

use super::ConfigError;
use clap::Args;
use ipnet::IpNet;
use std::time::Duration;

/// Shortest and longest time that a limit may be.
const TIMES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(3_600)];

/// What the program opens beside connections: the database, files, mail.
const OTHER_DESCRIPTORS: usize = 128;

/// Connections beside those that are served.
pub const BESIDE: usize = 64;

/// What connections may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections in all.
    pub connections: usize,
    /// Connections of one address, or of one /64.
    pub per_address: usize,
    /// Networks to which that does not apply, since they connect for many.
    pub proxies: Vec<IpNet>,
    /// Time for the head of a request.
    pub head: Duration,
    /// Time between requests.
    pub idle: Duration,
    /// Time for what is being answered when the portal is to stop.
    pub drain: Duration,
}

/// How many connections there may be, and how long.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connections")]
pub struct ConnectionArgs {
    /// Connections at once, each further request on one counted as another. Health checks are answered beyond it.
    #[arg(long, env = "TWOFOLD_MAX_CONNECTIONS", default_value = "2000", value_name = "NUMBER", value_parser = parse_number)]
    pub max_connections: usize,

    /// Connections at once of one address (IPv6: of one /64) that is not a trusted proxy; through trusted proxies, its requests at once.
    #[arg(
        long, env = "TWOFOLD_MAX_CONNECTIONS_PER_ADDRESS", default_value = "250", value_name = "NUMBER",
        value_parser = parse_number
    )]
    pub max_connections_per_address: usize,

    /// How long the head of a request may take to arrive.
    #[arg(long, env = "TWOFOLD_HEAD_TIMEOUT", default_value = "10s", value_name = "TIME", value_parser = parse_time)]
    pub head_timeout: Duration,

    /// How long a connection may wait for its next request; longer than proxies keep theirs.
    #[arg(long, env = "TWOFOLD_IDLE_TIMEOUT", default_value = "150s", value_name = "TIME", value_parser = parse_time)]
    pub idle_timeout: Duration,

    /// How long answers may take that are on their way when the portal is told to stop.
    #[arg(long, env = "TWOFOLD_DRAIN_TIMEOUT", default_value = "8s", value_name = "TIME", value_parser = parse_time)]
    pub drain_timeout: Duration,
}

impl ConnectionArgs {
    /// The limits, and `descriptors` at most for all that is open.
    pub fn limits(&self, proxies: Vec<IpNet>, descriptors: usize) -> Limits {
        let most = descriptors.saturating_sub(OTHER_DESCRIPTORS + BESIDE).max(1);
        if most < self.max_connections {
            tracing::warn!(
                most,
                "the limit of open files allows fewer connections than --max-connections; see `ulimit -n`"
            );
        }
        Limits {
            connections: self.max_connections.min(most),
            per_address: self.max_connections_per_address,
            proxies,
            head: self.head_timeout,
            idle: self.idle_timeout,
            drain: self.drain_timeout,
        }
    }

    /// Descriptors that all this may take.
    pub fn descriptors(&self) -> usize {
        self.max_connections + OTHER_DESCRIPTORS + BESIDE
    }
}

fn parse_number(text: &str) -> Result<usize, ConfigError> {
    text.trim().parse().ok().filter(|number| (1..=1_000_000).contains(number)).ok_or(ConfigError::Number)
}

fn parse_time(text: &str) -> Result<Duration, ConfigError> {
    let [shortest, longest] = TIMES;
    let time = humantime::parse_duration(text.trim()).map_err(|_| ConfigError::Time)?;
    if (shortest..=longest).contains(&time) { Ok(time) } else { Err(ConfigError::Time) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_numbers_are_bounded() {
        assert_eq!(parse_time("1m 30s"), Ok(Duration::from_secs(90)));
        for bad in ["0s", "2h", "10", "soon", "", "-1s"] {
            assert_eq!(parse_time(bad), Err(ConfigError::Time), "{bad}");
        }
        assert_eq!(parse_number(" 12 "), Ok(12));
        for bad in ["0", "-1", "many", "", "1e3", "99999999999999999999"] {
            assert_eq!(parse_number(bad), Err(ConfigError::Number), "{bad}");
        }
    }

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        let args = ConnectionArgs {
            max_connections: 2_000,
            max_connections_per_address: 250,
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(150),
            drain_timeout: Duration::from_secs(8),
        };
        assert_eq!(args.limits(Vec::new(), args.descriptors()).connections, 2_000);
        assert_eq!(args.limits(Vec::new(), 1_024).connections, 832);
        assert_eq!(args.limits(Vec::new(), 10).connections, 1);
    }
}
