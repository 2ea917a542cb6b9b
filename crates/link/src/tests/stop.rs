//! How a server ends.

use tokio::sync::Notify;

use super::*;

/// A route that says when it was reached and answers when it is told to.
fn waiting(reached: Arc<Notify>, go: Arc<Notify>) -> Router {
    let handler = move || {
        let (reached, go) = (reached.clone(), go.clone());
        async move {
            reached.notify_one();
            go.notified().await;
            "done"
        }
    };
    Router::new().route("/wait", get(handler))
}

#[tokio::test]
async fn a_request_under_way_is_finished_before_the_server_ends() {
    let (reached, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let hub = Hub::start(Limits::default(), waiting(reached.clone(), go.clone())).await;
    let client = hub.client(None);
    let asked = tokio::spawn({
        let client = client.clone();
        async move { client.get("/wait", 100).await }
    });
    reached.notified().await;
    hub.stop.send(()).unwrap();
    // The port closes while the request is still under way.
    while TcpStream::connect(hub.addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    assert_eq!(asked.await.unwrap().unwrap().body, b"done");
    assert_eq!(hub.served.await.unwrap(), 0, "nobody was cut off");
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off_after_the_grace() {
    let reached = Arc::new(Notify::new());
    let hub = Hub::start(
        Limits {
            grace: SHORT,
            ..Limits::default()
        },
        waiting(reached.clone(), Arc::default()),
    )
    .await;
    let client = hub.client(None);
    let asked = tokio::spawn(async move { client.get("/wait", 100).await });
    reached.notified().await;
    assert_eq!(hub.stop().await, 1);
    assert!(asked.await.unwrap().is_err());
}
