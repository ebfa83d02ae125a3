//! The server: a listener on loopback, a thread for each connection, and a clean end when it is dropped.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, BufReader, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    http::{Request, Response},
    machine,
    operations::Operation,
    scenario::{Failure, Outcome, Scenario},
    sessions::{Sessions, invalid_key},
    signature::Authorization,
    wire::{Refusal, STS},
};

/// A request that came in, without anything secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Operation, as AWS names it; the method and path of one that is not known.
    pub operation: String,
    /// Access key ID that signed it.
    pub access_key_id: Option<String>,
    /// Region that it was signed for.
    pub region: Option<String>,
    /// Policies that the caller asks to have its new session narrowed to (`PolicyArns`).
    pub policy_arns: Vec<String>,
    /// What else was asked (`RoleArn`, `Tags.member.1.Key`, …), without secrets and codes.
    pub parameters: BTreeMap<String, String>,
    /// Status of the answer; `None` where none was sent.
    pub status: Option<u16>,
}

/// Temporary credentials that were given out without a request: what another tool would have got.
#[derive(Clone, Debug)]
pub struct Issued {
    /// Access key ID.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: String,
    /// Session token.
    pub session_token: String,
    /// When they end.
    pub expires: Timestamp,
}

/// A fake AWS on a loopback port of its own.
pub struct FakeAws {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

impl fmt::Debug for FakeAws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeAws").field("address", &self.address).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Wakes answers that are being delayed.
    stopping: Condvar,
    /// Wakes those who wait for a request.
    came_in: Condvar,
}

#[derive(Default)]
struct State {
    stop: bool,
    scenario: Scenario,
    sessions: Sessions,
    requests: Vec<Recorded>,
    connections: Vec<TcpStream>,
}

impl FakeAws {
    /// Listens on a free loopback port.
    pub fn start(scenario: &Scenario) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        shared.lock().scenario = scenario.clone();
        let for_thread = Arc::clone(&shared);
        let thread =
            thread::Builder::new().name("fake-aws".to_owned()).spawn(move || accept(&listener, &for_thread))?;
        Ok(Self { address, shared, listener: Some(thread) })
    }

    /// The endpoint: what AWS_ENDPOINT_URL must be.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes the scenario, for all requests from now on.
    pub fn change(&self, change: impl FnOnce(&mut Scenario)) {
        change(&mut self.shared.lock().scenario);
    }

    /// Adds a failure, before those there are.
    pub fn fail(&self, failure: Failure) {
        self.change(|scenario| scenario.failures.insert(0, failure));
    }

    /// Gives out temporary credentials of a user, by its ARN, or of a role.
    pub fn issue(&self, arn: &str, seconds: i64) -> Issued {
        let session = self.shared.lock().sessions.issue(machine::who(arn), seconds, now());
        Issued {
            access_key_id: session.caller.access_key_id,
            secret_access_key: session.secret_access_key,
            session_token: session.session_token,
            expires: session.expires,
        }
    }

    /// The requests so far, in the order of their coming in.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.lock().requests.clone()
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.shared.lock().connections.len()
    }

    /// Waits for a request to this operation; false if none came within that time.
    pub fn wait_for(&self, operation: &str, patience: Duration) -> bool {
        let missing = |state: &mut State| state.requests.iter().all(|request| request.operation != operation);
        let waited = self.shared.came_in.wait_timeout_while(self.shared.lock(), patience, missing);
        waited.is_ok_and(|(_, timeout)| !timeout.timed_out())
    }

    /// Every secret that it knows or has given out: what must be seen nowhere.
    pub fn secrets(&self) -> Vec<String> {
        let state = self.shared.lock();
        let users = state.scenario.users.iter().map(|user| user.secret_access_key.clone());
        users.chain(state.sessions.secrets()).collect()
    }
}

impl Drop for FakeAws {
    fn drop(&mut self) {
        {
            let mut state = self.shared.lock();
            state.stop = true;
            for connection in state.connections.drain(..) {
                connection.shutdown(Shutdown::Both).ok();
            }
        }
        self.shared.stopping.notify_all();
        // A connection of our own wakes the listener.
        TcpStream::connect(self.address).ok();
        if let Some(thread) = self.listener.take() {
            thread.join().ok();
        }
    }
}

impl Shared {
    /// A thread that panicked while it held the lock left the state whole enough to answer with.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, unless the end comes first.
    fn delay(&self, milliseconds: u64) {
        let wait = Duration::from_millis(milliseconds);
        drop(self.stopping.wait_timeout_while(self.lock(), wait, |state| !state.stop));
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    for connection in listener.incoming() {
        let Ok(connection) = connection else { continue };
        let mut state = shared.lock();
        if state.stop {
            break;
        }
        let Ok(other_end) = connection.try_clone() else { continue };
        state.connections.push(other_end);
        drop(state);
        let shared = Arc::clone(shared);
        // A connection that breaks is the client's affair.
        threads.push(thread::spawn(move || serve(&connection, &shared).unwrap_or_default()));
    }
    for thread in threads {
        thread.join().ok();
    }
}

fn serve(connection: &TcpStream, shared: &Shared) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection);
    let mut writer = connection;
    while let Some(request) = Request::read(&mut reader)? {
        match shared.answer(&request) {
            Reply::Response(response) => response.write(&mut writer, now())?,
            Reply::Garbage => {
                writer.write_all(b"\0\x1b]0;garbage\x07 220 this is not HTTP\r\n\r\n")?;
                break;
            }
            Reply::Close => break,
        }
        let last = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        if last || shared.lock().stop {
            break;
        }
    }
    connection.shutdown(Shutdown::Both)
}

/// What goes back.
enum Reply {
    Response(Response),
    Garbage,
    Close,
}

impl Shared {
    /// Answers and records one request.
    fn answer(&self, request: &Request) -> Reply {
        let authorization = Authorization::of(request);
        let operation = Operation::of(request);
        let parameters = operation.map(|known| known.open_parameters(request)).unwrap_or_default();
        let number = {
            let mut state = self.lock();
            state.requests.push(Recorded {
                operation: operation
                    .map_or_else(|| format!("{} {}", request.method, request.path), |known| known.name().to_owned()),
                access_key_id: authorization.as_ref().map(|parts| parts.access_key_id.clone()),
                region: authorization.as_ref().map(|parts| parts.region().to_owned()),
                policy_arns: policy_arns(&parameters),
                parameters,
                status: None,
            });
            state.requests.len() - 1
        };
        self.came_in.notify_all();
        let reply = match operation {
            Some(operation) => self.reply(operation, request, authorization.map(|parts| parts.access_key_id)),
            None => {
                let refusal = Refusal::new(400, "InvalidAction", "Could not find operation for this request");
                Reply::Response(refusal.response(STS))
            }
        };
        if let Reply::Response(response) = &reply {
            self.lock().requests[number].status = Some(response.status);
        }
        reply
    }

    /// The answer to an operation, or what the scenario has in its place.
    fn reply(&self, operation: Operation, request: &Request, key: Option<String>) -> Reply {
        let now = now();
        let (caller, failure) = {
            let mut state = self.lock();
            let is_unknown = key.as_deref().is_some_and(|key| state.scenario.is_unknown_yet(key));
            let caller = operation
                .signed_for()
                .map(|service| state.sessions.caller(&state.scenario, request, service, now))
                .transpose();
            let caller = if is_unknown { Err(invalid_key()) } else { caller };
            let account = caller.as_ref().ok().and_then(Option::as_ref).map(|caller| caller.account());
            let failure = state.scenario.failure(operation.name(), key.as_deref(), account).cloned();
            (caller, failure.unwrap_or_default())
        };
        if failure.delay_ms > 0 {
            self.delay(failure.delay_ms);
        }
        match failure.outcome.clone() {
            Outcome::Close => return Reply::Close,
            Outcome::Garbage => return Reply::Garbage,
            Outcome::Body { status, body } => {
                return Reply::Response(Response { status, content_type: "text/xml", headers: Vec::new(), body });
            }
            Outcome::Error { status, code, message } => {
                return Reply::Response(Refusal { status, code, message }.response(operation.form()));
            }
            Outcome::Proper | Outcome::Lost => {}
        }
        let is_lost = matches!(failure.outcome, Outcome::Lost);
        let answer = caller.and_then(|caller| {
            let State { scenario, sessions, .. } = &mut *self.lock();
            operation.answer(scenario, sessions, caller.as_ref(), request, now)
        });
        if is_lost {
            return Reply::Close;
        }
        Reply::Response(answer.unwrap_or_else(|refusal| refusal.response(operation.form())))
    }
}

fn policy_arns(parameters: &BTreeMap<String, String>) -> Vec<String> {
    parameters.iter().filter(|(name, _)| name.starts_with("PolicyArns.")).map(|(_, arn)| arn.clone()).collect()
}

/// The fake AWS is another party: it has a clock of its own, as AWS has.
#[expect(clippy::disallowed_methods, reason = "the other side of the network has its own clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn get(aws: &FakeAws, request: &str) -> String {
        let mut connection = TcpStream::connect(aws.address).expect("connects");
        connection.write_all(request.as_bytes()).expect("is sent");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("is text");
        answer
    }

    const IDENTITY: &str =
        "POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 43\r\n\r\nAction=GetCallerIdentity&Version=2011-06-15";

    #[test]
    fn an_unsigned_request_is_refused_and_recorded() {
        let aws = FakeAws::start(&Scenario::demo()).expect("starts");
        let answer = get(&aws, IDENTITY);
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
        assert!(answer.contains("<Code>MissingAuthenticationToken</Code>"), "{answer}");
        let expected = Recorded {
            operation: "GetCallerIdentity".to_owned(),
            access_key_id: None,
            region: None,
            policy_arns: Vec::new(),
            parameters: [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            status: Some(403),
        };
        assert_eq!(aws.requests(), [expected]);
    }

    #[test]
    fn failures_come_and_go_while_it_runs() {
        let aws = FakeAws::start(&Scenario::demo()).expect("starts");
        aws.fail(Failure::error("GetCallerIdentity", 503, "ServiceUnavailable", "slow <down>"));
        assert!(get(&aws, IDENTITY).contains("<Message>slow &lt;down&gt;</Message>"));
        aws.change(|scenario| scenario.failures.clear());
        aws.fail(Failure::of("GetCallerIdentity", Outcome::Close));
        assert_eq!(get(&aws, IDENTITY), "");
    }

    #[test]
    fn the_end_waits_for_no_delayed_answer() {
        let aws = FakeAws::start(&Scenario::demo()).expect("starts");
        aws.fail(Failure::late("GetCallerIdentity", u64::from(u32::MAX)));
        let mut connection = TcpStream::connect(aws.address).expect("connects");
        connection.write_all(IDENTITY.as_bytes()).expect("is sent");
        drop(aws);
        connection.read_to_end(&mut Vec::new()).ok();
    }
}
