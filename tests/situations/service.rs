//! A service on loopback, and a run against it (owner of [`Service`] and [`Ran`]).

use std::{
    fmt::Write as _,
    fs,
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

#[path = "sockets.rs"]
mod sockets;

use axum::{Router, body::Body, http::StatusCode, response::Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot};

/// A request as the service received it.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Percent-decoded, without the query.
    pub path: String,
    /// The query as it was sent, without `?`.
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(held, _)| held == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON, where it says that it is JSON and is.
    pub fn json(&self) -> Option<Value> {
        let media_type = self.header("content-type")?;
        media_type
            .contains("json")
            .then(|| serde_json::from_slice(&self.body).ok())
            .flatten()
    }

    /// A query parameter, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(held, _)| held == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The segments of the path.
    pub fn segments(&self) -> Vec<&str> {
        self.path
            .split('/')
            .filter(|part| !part.is_empty())
            .collect()
    }
}

/// What the service sends back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Sent after the body, again and again at this interval until the client closes the connection; the length is not
    /// declared.
    pub repeated: Option<(Vec<u8>, Duration)>,
    /// How long the head of the response is held back.
    pub delay: Duration,
}

impl Reply {
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            repeated: None,
            delay: Duration::ZERO,
        }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    pub fn text(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::empty(status).with("content-type", media_type)
        }
    }

    /// Sends this after the body, again and again.
    pub fn repeating(mut self, item: &str, every: Duration) -> Self {
        self.repeated = Some((item.as_bytes().to_vec(), every));
        self
    }

    pub fn problem(status: u16, title: &str) -> Self {
        let problem = json!({ "title": title, "status": status });
        Self::text(status, "application/problem+json", problem.to_string())
    }

    /// 405 with the methods that are allowed.
    pub fn not_allowed(allow: &str) -> Self {
        Self::problem(405, "Method not allowed").with("allow", allow)
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// What a service over sockets does with a connection at one of its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// It stays open.
    Never,
    /// It closes after the response.
    After,
    /// It closes without a response, and the request is not looked at.
    Before,
}

/// A service that runs until it is dropped.
pub struct Service {
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    log: Arc<Mutex<Vec<(Request, u16)>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Service {
    /// Serves on a free port of loopback. HEAD reaches the handler as GET, and its body is not sent.
    pub fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel::<()>();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let handler = Arc::new(handler);
        let kept = Arc::clone(&log);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                let router = Router::new().fallback(move |request: axum::extract::Request| {
                    let handler = Arc::clone(&handler);
                    let kept = Arc::clone(&kept);
                    async move { respond(request, handler.as_ref(), &kept).await }
                });
                tokio::select! {
                    served = async { axum::serve(listener, router).await } => served.unwrap(),
                    _ = stopped => {}
                }
            });
            runtime.shutdown_background();
        });
        Self {
            origin,
            log,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Serves over bare sockets, in HTTP/1.1 that keeps connections until `closes` says otherwise of the number of a
    /// request on its connection: no header announces it. Ends with the test.
    pub fn over_sockets(
        closes: impl Fn(usize) -> Close + Send + Sync + 'static,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&log);
        let parts = Arc::new((closes, handler));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (parts, kept) = (Arc::clone(&parts), Arc::clone(&kept));
                std::thread::spawn(move || {
                    let _ = sockets::serve(&stream, &parts.0, &parts.1, &kept);
                });
            }
        });
        Self {
            origin,
            log,
            stop: None,
            thread: None,
        }
    }

    /// Every request so far, with the status of its response.
    pub fn requests(&self) -> Vec<(Request, u16)> {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The requests of a method, as `METHOD /path`, in the order in which they came.
    pub fn lines(&self, method: &str) -> Vec<String> {
        self.requests()
            .into_iter()
            .filter(|(request, _)| request.method == method)
            .map(|(request, _)| format!("{} {}", request.method, request.path))
            .collect()
    }

    /// Asks Muster whether a run makes sense: the exit code, and everything that was said.
    pub fn preflight(&self, contract: &str, target: &str) -> (i32, String) {
        let folder = self.folder(contract, target);
        let output = Command::new(env!("CARGO_BIN_EXE_muster"))
            .args(["preflight", "--target", "target.yaml"])
            .env("NO_COLOR", "1")
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said =
            [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
        (output.status.code().unwrap_or(-1), said.concat())
    }

    /// A folder with the contract and a target file that names it.
    fn folder(&self, contract: &str, target: &str) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("contract.yaml"),
            contract.replace("{origin}", &self.origin),
        )
        .unwrap();
        let mut text = String::from("target: Situation\nsupplier: Example Ltd\n");
        if !target.contains("environment:") {
            text.push_str("environment: test\n");
        }
        if !target.contains("contract:") {
            text.push_str("contract: ./contract.yaml\n");
        }
        if !target.contains("base_url:") {
            writeln!(text, "base_url: {}", self.origin).unwrap();
        }
        text.push_str(&target.replace("{origin}", &self.origin));
        fs::write(folder.path().join("target.yaml"), text).unwrap();
        folder
    }

    /// Runs Muster against the service. `{origin}` in the contract and in the target's lines is the service's.
    pub fn run(&self, contract: &str, target: &str, arguments: &[&str]) -> Ran {
        let folder = self.folder(contract, target);
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command
            .args(["run", "--target", "target.yaml"])
            .args(["--quiet", "--out", "run"])
            .args(arguments)
            .env("NO_COLOR", "1")
            .current_dir(folder.path());
        if !arguments.contains(&"--seed") {
            command.args(["--seed", "1"]);
        }
        let output = command.output().unwrap();
        let read = fs::read_to_string(folder.path().join("run/results.json"));
        Ran {
            exit: output.status.code().unwrap_or(-1),
            results: read.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap()),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            folder,
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn respond(
    request: axum::extract::Request,
    handler: &(dyn Fn(&Request) -> Reply + Send + Sync),
    log: &Mutex<Vec<(Request, u16)>>,
) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 32 << 20)
        .await
        .unwrap_or_default();
    let path = percent_encoding::percent_decode_str(head.uri.path()).decode_utf8_lossy();
    let mut seen = Request {
        method: head.method.to_string(),
        path: path.into_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect(),
        body: body.to_vec(),
    };
    let is_head = seen.method == "HEAD";
    if is_head {
        seen.method = "GET".into();
    }
    let reply = handler(&seen);
    if is_head {
        seen.method = "HEAD".into();
    }
    log.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push((seen, reply.status));
    tokio::time::sleep(reply.delay).await;
    let mut response = Response::builder().status(StatusCode::from_u16(reply.status).unwrap());
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let Some((item, every)) = reply.repeated else {
        return response.body(Body::from(reply.body)).unwrap();
    };
    if is_head {
        return response.body(Body::empty()).unwrap();
    }
    let items = futures::stream::unfold(Some(reply.body), move |first| {
        let item = item.clone();
        async move {
            let sent = match first {
                Some(first) => first,
                None => {
                    tokio::time::sleep(every).await;
                    item
                }
            };
            Some((Ok::<_, std::io::Error>(sent), None))
        }
    });
    response.body(Body::from_stream(items)).unwrap()
}

/// What a run said.
pub struct Ran {
    pub exit: i32,
    /// `results.json`; null where there is none.
    pub results: Value,
    pub stdout: String,
    pub stderr: String,
    folder: TempDir,
}

impl Ran {
    /// A file of the run folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("run").join(name)
    }

    /// The verdict of a requirement, or why there is none (`not applicable`, say).
    pub fn verdict(&self, id: &str) -> String {
        let requirements = self.results["requirements"].as_array();
        let found = requirements
            .into_iter()
            .flatten()
            .find(|result| result["requirement"]["id"] == id)
            .unwrap_or_else(|| panic!("no requirement {id}: {}", self.told()));
        found["verdict"]
            .as_str()
            .map_or_else(|| found["standing"].to_string(), str::to_owned)
    }

    /// The ids of the requirements with this verdict and level.
    pub fn with(&self, level: &str, verdict: &str) -> Vec<&str> {
        let requirements = self.results["requirements"].as_array();
        requirements
            .into_iter()
            .flatten()
            .filter(|result| {
                result["requirement"]["level"] == level && result["verdict"] == verdict
            })
            .filter_map(|result| result["requirement"]["id"].as_str())
            .collect()
    }

    /// The titles of the findings that cite a requirement.
    pub fn findings(&self, id: &str) -> Vec<&str> {
        let findings = self.results["findings"].as_array();
        findings
            .into_iter()
            .flatten()
            .filter(|finding| {
                let cited = finding["requirements"].as_array();
                cited.into_iter().flatten().any(|cited| cited == id)
            })
            .filter_map(|finding| finding["finding"]["title"].as_str())
            .collect()
    }

    /// What was received, by the findings that cite a requirement.
    pub fn received(&self, id: &str) -> Vec<&str> {
        let findings = self.results["findings"].as_array();
        findings
            .into_iter()
            .flatten()
            .filter(|finding| {
                let cited = finding["requirements"].as_array();
                cited.into_iter().flatten().any(|cited| cited == id)
            })
            .filter_map(|finding| finding["finding"]["received"].as_str())
            .collect()
    }

    /// Every byte that was written or said.
    pub fn everything(&self) -> String {
        let mut text = format!("{}\n{}\n", self.stdout, self.stderr);
        let mut folders = vec![self.folder.path().join("run")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    let bytes = fs::read(entry.path()).unwrap();
                    text.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
        }
        text
    }

    /// What is told as left behind.
    pub fn left_behind(&self) -> Vec<Value> {
        self.results["left_behind"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    /// Everything worth reading when a test fails.
    pub fn told(&self) -> String {
        let mut text = format!("exit {}\n{}\n{}\n", self.exit, self.stdout, self.stderr);
        for finding in self.results["findings"].as_array().into_iter().flatten() {
            let _ = writeln!(
                text,
                "{} {} {}\n  expected {}\n  received {}",
                finding["requirements"],
                finding["level"],
                finding["finding"]["title"],
                finding["finding"]["expected"],
                finding["finding"]["received"],
            );
        }
        for level in ["MUST", "SHOULD"] {
            let _ = writeln!(
                text,
                "{level} inconclusive: {:?}",
                self.with(level, "inconclusive")
            );
        }
        text
    }

    /// Fails unless the run ended with exit code 0.
    #[track_caller]
    pub fn is_conformant(&self) {
        assert_eq!(self.exit, 0, "{}", self.told());
    }
}
