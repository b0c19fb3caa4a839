//! Pages are rendered on all cores at once; each is complete, and in time.

use crate::support::{Database, TestPortal};
use std::{sync::Arc, time::Duration};

const IN_TIME: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_finished_whichever_thread_renders_it() {
    let portal = Arc::new(TestPortal::on(Database::Sqlite).await);
    let root = portal.administrator("root").await;
    let visits = (0..4).map(|_| {
        let root = root.tab();
        tokio::spawn(async move {
            for round in 0..40 {
                for (path, shows) in [
                    ("/", "Recent"),
                    ("/profile", "Add method"),
                    ("/settings/account-policy", "Edit account policy"),
                    ("/settings/audit", "Export as CSV"),
                ] {
                    let page = tokio::time::timeout(IN_TIME, root.get(path)).await;
                    let page = page.unwrap_or_else(|_| panic!("{path} is not finished in time, in round {round}"));
                    assert!(page.text().contains(shows), "{path} is not complete, in round {round}: {}", page.text());
                }
            }
        })
    });
    for visit in visits.collect::<Vec<_>>() {
        visit.await.unwrap();
    }
}
