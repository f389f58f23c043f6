//! hickory-client over UDP and TCP.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_client::client::{Client, ClientHandle};
use hickory_client::proto::op::ResponseCode;
use hickory_client::proto::rr::{DNSClass, Name, RecordType};
use hickory_client::proto::runtime::TokioRuntimeProvider;
use hickory_client::proto::tcp::TcpClientStream;
use hickory_client::proto::udp::UdpClientStream;
use peers::{Options, Program, Server, Zone};
use tokio::task::JoinSet;

use crate::fleet;

/// Asks for what a zone has and has not.
pub(super) fn check(program: &Program) -> Result<(), String> {
    let zones = [
        ("types.test", "peers/types.zone"),
        ("dname.test", "rfc/rfc6672.zone"),
        ("big.test", "peers/big.zone"),
        ("any.test", "rfc/rfc8482.zone"),
    ];
    let zones =
        zones.map(|(origin, file)| Zone::new(origin, fleet::root().join("zones").join(file)));
    let server = Server::start(program, &Options::new(zones)).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut background = JoinSet::new();
        let mut udp = over_udp(server.address(), &mut background).await?;
        cases(&mut udp, false)
            .await
            .map_err(|error| format!("UDP: {error}"))?;
        let mut tcp = over_tcp(server.address(), &mut background).await?;
        cases(&mut tcp, true)
            .await
            .map_err(|error| format!("TCP: {error}"))
    })
}

async fn over_udp(server: SocketAddr, background: &mut JoinSet<()>) -> Result<Client, String> {
    let stream = UdpClientStream::builder(server, TokioRuntimeProvider::default())
        .with_timeout(Some(WAIT))
        .build();
    let (client, exchange) = Client::connect(stream)
        .await
        .map_err(|error| error.to_string())?;
    background.spawn(async move { drop(exchange.await) });
    Ok(client)
}

async fn over_tcp(server: SocketAddr, background: &mut JoinSet<()>) -> Result<Client, String> {
    let provider = TokioRuntimeProvider::default();
    let (stream, sender) = TcpClientStream::new(server, None, Some(WAIT), provider);
    let client = Client::new(stream, sender, None).await;
    let (client, exchange) = client.map_err(|error| error.to_string())?;
    background.spawn(async move { drop(exchange.await) });
    Ok(client)
}

/// Name, type, code, how many records in the answer.
const CASES: [(&str, RecordType, ResponseCode, usize); 12] = [
    ("all.types.test.", RecordType::A, ResponseCode::NoError, 1),
    ("all.types.test.", RecordType::MX, ResponseCode::NoError, 2),
    (
        "all.types.test.",
        RecordType::SVCB,
        ResponseCode::NoError,
        1,
    ),
    ("all.types.test.", RecordType::CAA, ResponseCode::NoError, 1),
    (
        "all.types.test.",
        RecordType::NAPTR,
        ResponseCode::NoError,
        1,
    ),
    ("types.test.", RecordType::SOA, ResponseCode::NoError, 1),
    (
        "nothing.types.test.",
        RecordType::A,
        ResponseCode::NXDomain,
        0,
    ),
    ("all.types.test.", RecordType::DS, ResponseCode::NoError, 0),
    ("a.d.dname.test.", RecordType::A, ResponseCode::NoError, 3),
    (
        "x.wild.any.test.",
        RecordType::TXT,
        ResponseCode::NoError,
        1,
    ),
    ("x.cut.any.test.", RecordType::A, ResponseCode::NoError, 0),
    ("nowhere.", RecordType::A, ResponseCode::Refused, 0),
];

async fn cases(client: &mut Client, whole: bool) -> Result<(), String> {
    for (name, rtype, code, count) in CASES {
        let response = ask(client, name, rtype).await?;
        let found = (response.response_code(), response.answers().len());
        if found != (code, count) {
            return Err(format!(
                "{name} {rtype}: {found:?}, expected {code:?} and {count}"
            ));
        }
    }
    let response = ask(client, "a100.big.test.", RecordType::A).await?;
    match (response.truncated(), response.answers().len()) {
        (false, 100) if whole => Ok(()),
        (true, _) if !whole => Ok(()),
        other => Err(format!(
            "a100.big.test A: truncated and count are {other:?}"
        )),
    }
}

async fn ask(
    client: &mut Client,
    name: &str,
    rtype: RecordType,
) -> Result<hickory_client::proto::xfer::DnsResponse, String> {
    let parsed = Name::from_ascii(name).map_err(|error| error.to_string())?;
    let response = client.query(parsed, DNSClass::IN, rtype).await;
    response.map_err(|error| format!("{name} {rtype}: {error}"))
}

const WAIT: Duration = Duration::from_secs(3);
