//! `till-tool demo`: a whole till on this machine, with the real service and simulated devices.

mod kkt;
mod routes;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use clap::Args;
use till_port::{Address, Fake, SerialAddress, SerialPlace};
use till_status::config::PosListen;
use till_status::{Config, Running, Service};
use tokio::signal::unix::{SignalKind, signal};
use vision_probe::Prober;

use crate::control::pos::FeedLink;
use crate::control::vision::{Names, VisionEnd};
use crate::scale::ScaleProtocol;
use crate::served::ServedScale;
use kkt::{DemoKkt, KktKind};

/// Runs a whole till: the service, and a simulated KKT, scale and Vision end.
///
/// Prints one line when all is ready: the addresses of the API and of the till program's listener,
/// and where the simulated devices are. The listener also takes PATCH /demo/kkt, /demo/scale,
/// /demo/vision and /demo/pos with any subset of the devices' state; GET /demo shows it all.
/// Every tier is polled at 1 s and every value is unknown after 3 s.
///
/// Exit code 0 after SIGTERM or Ctrl-C, 2 when the words are off or a port cannot be opened.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Demo {
    /// Where the API listens; port 0 lets the system choose.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8480")]
    api: SocketAddr,
    /// Where the till program's events and the demo's controls are taken; loopback only.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8481")]
    pos: SocketAddr,
    /// The KKT: atol-v2 and sp80x-pone are on a pseudo-terminal, as on a serial port, the others on TCP.
    #[arg(long, value_name = "KIND", default_value = "atol-v3")]
    kkt: KktKind,
    /// A profile that says where a Service Plus KKT tells what nobody has published.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// The KKT's state to begin with: a file with a body of PATCH /demo/kkt. Of sp80x-arm it may hold
    /// "fields" that nobody has published, for a profile to name.
    #[arg(long, value_name = "FILE")]
    kkt_state: Option<PathBuf>,
    /// The protocol of the simulated scale.
    #[arg(long, value_name = "PROTOCOL", default_value = "massa-k-100")]
    scale: ScaleProtocol,
}

const EXAMPLES: &str = "Examples:
  till-tool demo
  till-tool demo --kkt atol-v2
  till-tool demo --kkt sp80x-arm --profile found.toml --kkt-state fields.json
  till-tool demo --scale pos2
  curl -i http://127.0.0.1:8480/api/v1/status/ofd
  curl -X PATCH -H 'Content-Type: application/json' -d '{\"unsent_documents\":3,\"paper\":\"out\"}' \\
      http://127.0.0.1:8481/demo/kkt
  curl -X POST -H 'Content-Type: application/json' -d '{\"event\":\"receipt-opened\"}' \\
      http://127.0.0.1:8481/till/v1/pos/events";

/// The simulated devices, and the lines to them.
#[derive(Debug)]
pub(super) struct Devices {
    kkt: DemoKkt,
    scale: Arc<Mutex<ServedScale>>,
    scale_line: Fake,
    vision: Arc<Mutex<VisionEnd>>,
    vision_line: Fake,
    names: Names,
    feed: Mutex<FeedLink>,
    folder: PathBuf,
}

impl Demo {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        ensure!(self.pos.ip().is_loopback(), "--pos {}: only a loopback address", self.pos);
        let devices = Arc::new(Devices::start(self.kkt, self.scale)?);
        if let Some(file) = &self.kkt_state {
            let state =
                std::fs::read(file).with_context(|| format!("--kkt-state {}", file.display()))?;
            let done = devices.kkt.patch(&state).map_err(anyhow::Error::msg);
            done.with_context(|| format!("--kkt-state {}", file.display()))?;
        }
        let profile = self.profile.as_deref().map(std::path::absolute).transpose()?;
        let config = devices.config(self.api, self.pos, profile.as_deref())?;
        let controls = routes::Controls::new(Arc::clone(&devices));
        let service = Service::bind(config, Some(routes::controls(controls.clone())))?
            .probing_by(Prober::new().resolving_by(devices.names.clone()))
            .spawn()?;
        controls.control(service.snapshot());
        let (api, pos) = addresses(&service)?;
        tell(pos, HELLO)?;
        wait_until_ready(api)?;
        let (kkt, scale) = (place(devices.kkt.line()), place(&devices.scale_line));
        print_line(&format!("ready api=http://{api} pos=http://{pos} kkt={kkt} scale={scale}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(feed_until_the_end(pos, &devices))?;
        service.stop();
        Ok(ExitCode::SUCCESS)
    }
}

impl Devices {
    fn start(kind: KktKind, scale: ScaleProtocol) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("till-demo-{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let kkt = DemoKkt::start(kind, &folder)?;
        let scale = Arc::new(Mutex::new(ServedScale::of(scale)));
        let vision = Arc::new(Mutex::new(VisionEnd::default()));
        Ok(Self {
            scale_line: Fake::pty(Some(folder.join("scale")), Arc::clone(&scale))?,
            vision_line: Fake::tcp(port, Arc::clone(&vision))?,
            kkt,
            scale,
            vision,
            names: Names::default(),
            feed: Mutex::new(FeedLink::Ok),
            folder,
        })
    }

    /// The service's configuration, with the shortest times that it takes.
    fn config(
        &self,
        api: SocketAddr,
        pos: SocketAddr,
        profile: Option<&Path>,
    ) -> anyhow::Result<Config> {
        let Address::Tcp { port: vision, .. } = self.vision_line.address() else {
            bail!("the Vision end has no TCP port")
        };
        let (kkt, scale) = (self.kkt.config(profile), self.folder.join("scale"));
        let mut config = Config::parse(&format!(
            r#"
            [till]
            name = "Demo"
            type = "demo"
            [api]
            listen = ["{api}"]
            [pos]
            source = "events"
            silence_seconds = 5
            [kkt]
            {kkt}
            hold = "always"
            owns_device = true
            [scale]
            protocol = "{protocol}"
            address = "serial:{scale}"
            [vision]
            target = "http://localhost:{vision}/"
            every = "1s"
            limit = "1s"
            [poll]
            fast = "1s"
            paper = "1s"
            ofd = "1s"
            fiscal_storage = "1s"
            inventory = "1s"
            [max_age]
            weight = "3s"
            receipt = "3s"
            paper = "3s"
            vision = "3s"
            ofd = "3s"
            fiscal_storage = "3s"
            inventory = "3s"
            "#,
            protocol = locked(&self.scale).protocol(),
            scale = scale.display(),
        ))?;
        // A port without a token, which no file can configure: nothing real hangs on a demo.
        config.pos.listen = PosListen::Tcp(pos);
        Ok(config)
    }

    fn feed(&self) -> FeedLink {
        *locked(&self.feed)
    }
}

impl Drop for Devices {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Where a simulated device is: for a pty the device itself, not the link to it, and no line
/// settings, which a pty does not have.
pub(crate) fn place(fake: &Fake) -> String {
    match fake.address() {
        Address::Serial(SerialAddress { place: SerialPlace::Path(path), .. }) => {
            format!("serial:{}", std::fs::canonicalize(&path).unwrap_or(path).display())
        }
        address => address.to_string(),
    }
}

/// A lock that a panic elsewhere does not take away.
pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints a line at once, also into a pipe.
pub(crate) fn print_line(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn addresses(service: &Running) -> anyhow::Result<(SocketAddr, SocketAddr)> {
    match (service.api(), service.pos()) {
        ([api, ..], Some(PosListen::Tcp(pos))) => Ok((*api, *pos)),
        _ => bail!("the service has no listeners"),
    }
}

/// Plays the till program: it is alive, until the demo is asked to end.
async fn feed_until_the_end(pos: SocketAddr, devices: &Devices) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut every_second = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            _ = every_second.tick() => {}
        }
        if devices.feed() == FeedLink::Ok {
            // A listener that is full now takes the next one.
            let _ = tell(pos, r#"{"event":"alive"}"#);
        }
    }
}

/// Sends events to the service, as the till program does.
fn tell(pos: SocketAddr, event: &str) -> anyhow::Result<()> {
    let length = event.len();
    let status = http(
        pos,
        &format!(
            "POST /till/v1/pos/events HTTP/1.1\r\nHost: {pos}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{event}"
        ),
    )?;
    ensure!(status == 202, "the service answered {status} to {event}");
    Ok(())
}

/// Waits until every device has answered or failed once.
fn wait_until_ready(api: SocketAddr) -> anyhow::Result<()> {
    let end = Instant::now() + Duration::from_secs(10);
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {api}\r\nConnection: close\r\n\r\n");
    while http(api, &request)? != 200 {
        ensure!(Instant::now() < end, "the simulated devices do not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// One exchange over HTTP; the status of its answer.
fn http(address: SocketAddr, request: &str) -> anyhow::Result<u16> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).context("no answer")?;
    Ok(status.parse()?)
}

const HELLO: &str = r#"{"event":"hello","receipt":"closed","user":null}"#;
