//! The real server, as the tests start it: one process that says where it listens, and ends with its standard input.

use mqdb_agent::http::{
    HttpServerConfig, IdentityCrypto, JtiRevocationStore, JwtSigningAlgorithm, JwtSigningConfig, ProviderRegistry,
    SessionStore,
};
use mqdb_agent::vault_backend::NoopDbAccess;
use mqdb_agent::{Database, MqdbAgent};
use mqdb_core::config::{DatabaseConfig, DurabilityMode};
use mqdb_core::constraint::OnDeleteAction;
use mqdb_core::schema::{FieldDefinition, FieldType, Schema};
use mqdb_core::types::{OwnershipConfig, ScopeConfig};
use mqtt5::broker::config::{JwtAlgorithm, JwtConfig};
use mqtt5::broker::PasswordAuthProvider;
use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const ISSUER: &str = "interop";

/// All arguments are `--name=value`, and each may be given more than once.
struct Arguments(Vec<(String, String)>);

impl Arguments {
    fn of_process() -> Result<Self, Failure> {
        std::env::args()
            .skip(1)
            .map(|argument| {
                let (name, value) = argument.split_once('=').unwrap_or((&argument, ""));
                let name = name.strip_prefix("--").ok_or(format!("not --name=value: {argument}"))?;
                Ok((name.to_string(), value.to_string()))
            })
            .collect::<Result<_, Failure>>()
            .map(Self)
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.one(name).is_some()
    }
}

/// Splits `entity:rest`.
fn of_entity(value: &str) -> Result<(String, &str), Failure> {
    let (entity, rest) = value.split_once(':').ok_or(format!("not entity:…: {value}"))?;
    Ok((entity.to_string(), rest))
}

/// The given port, or one that was free a moment ago: the agent connects to itself by its number and so takes no 0.
fn address(port: Option<&str>) -> Result<SocketAddr, Failure> {
    match port.filter(|port| !port.is_empty() && *port != "0") {
        Some(port) => Ok((Ipv4Addr::LOCALHOST, port.parse()?).into()),
        None => Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?),
    }
}

async fn prepare(database: &Database, arguments: &Arguments) -> Result<(), Failure> {
    for value in arguments.all("schema") {
        let (entity, fields) = of_entity(value)?;
        let mut schema = Schema::new(entity);
        for field in fields.split(',') {
            let (name, kind) = field.split_once('=').ok_or(format!("not field=type: {field}"))?;
            let (kind, required) = kind.strip_suffix('!').map_or((kind, false), |kind| (kind, true));
            let kind = match kind {
                "string" => FieldType::String,
                "number" => FieldType::Number,
                "boolean" => FieldType::Boolean,
                _ => return Err(format!("unknown type: {kind}").into()),
            };
            let definition = FieldDefinition::new(name, kind);
            schema = schema.add_field(if required { definition.required() } else { definition });
        }
        database.add_schema(schema).await?;
    }
    for value in arguments.all("index") {
        let (entity, field) = of_entity(value)?;
        database.ensure_index(entity, vec![field.to_string()]).await?;
    }
    for value in arguments.all("unique") {
        let (entity, field) = of_entity(value)?;
        database.add_unique_constraint(entity, vec![field.to_string()]).await?;
    }
    for value in arguments.all("not-null") {
        let (entity, field) = of_entity(value)?;
        database.add_not_null(entity, field.to_string()).await?;
    }
    for value in arguments.all("references") {
        // entity:field>target:cascade
        let (entity, rest) = of_entity(value)?;
        let (field, rest) = rest.split_once('>').ok_or(format!("not field>target: {rest}"))?;
        let (target, action) = rest.split_once(':').unwrap_or((rest, "restrict"));
        let action = match action {
            "cascade" => OnDeleteAction::Cascade,
            "set_null" => OnDeleteAction::SetNull,
            _ => OnDeleteAction::Restrict,
        };
        database.add_foreign_key(entity, field.to_string(), target.to_string(), "id".to_string(), action).await?;
    }
    Ok(())
}

fn passwords(data: &Path, arguments: &Arguments) -> Result<Option<PathBuf>, Failure> {
    let mut lines = String::new();
    for value in arguments.all("user") {
        let (user, password) = of_entity(value)?;
        lines += &format!("{user}:{}\n", PasswordAuthProvider::hash_password(password)?);
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let path = data.with_extension("passwords");
    std::fs::write(&path, lines)?;
    Ok(Some(path))
}

/// The server's own HTTP side, which knows users by e-mail and hands out tickets.
fn http(address: SocketAddr, secret: &[u8], arguments: &Arguments, owners: &OwnershipConfig) -> Result<HttpServerConfig, Failure> {
    Ok(HttpServerConfig {
        bind_address: address,
        provider_registry: ProviderRegistry::new(),
        jwt_config: JwtSigningConfig {
            algorithm: JwtSigningAlgorithm::HS256,
            key_bytes: secret.to_vec(),
            issuer: ISSUER.to_string(),
            audience: None,
            expiry_secs: 3600,
        },
        frontend_redirect_uri: None,
        ticket_expiry_secs: arguments.one("ticket-seconds").unwrap_or("30").parse()?,
        cookie_secure: false,
        cors_origin: None,
        ticket_rate_limit: 10,
        trust_proxy: false,
        identity_crypto: Some(Arc::new(IdentityCrypto::generate().map_err(|error| format!("{error:?}"))?.0)),
        ownership_config: Arc::new(owners.clone()),
        db_access: Arc::new(NoopDbAccess),
        vault_backend: None,
        no_rate_limit: false,
        email_auth: true,
        session_store: Arc::new(SessionStore::new()),
        jti_revocation: Arc::new(JtiRevocationStore::new()),
    })
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::of_process()?;
    let life = Duration::from_secs(arguments.one("life").unwrap_or("600").parse()?);
    if arguments.has("log") {
        tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing_subscriber::filter::LevelFilter::WARN).init();
    }
    let data = PathBuf::from(arguments.one("data").ok_or("--data=folder is missing")?);
    let sweep: u64 = arguments.one("expiry-every").unwrap_or("60").parse()?;
    let mut config = DatabaseConfig::new(&data).with_ttl_cleanup_interval(Some(sweep));
    if arguments.has("careless") {
        config = config.with_durability(DurabilityMode::None);
    }
    let database = Database::open_with_config(config).await?;
    prepare(&database, &arguments).await?;

    let tcp = address(arguments.one("port"))?;
    let mut owners = OwnershipConfig::parse(arguments.one("owner").unwrap_or(""))?;
    if let Some(derived) = arguments.one("derived") {
        owners = owners.with_derivations(derived)?;
    }
    let admins: HashSet<String> = arguments.all("admin").map(str::to_string).collect();
    owners = owners.with_admin_users(admins.clone());

    let mut agent = MqdbAgent::new(database)
        .with_bind_address(tcp)
        .with_scope_config(ScopeConfig::parse(arguments.one("scope").unwrap_or("project=projectId"))?)
        .with_ownership_config(owners.clone())
        .with_admin_users(admins)
        .with_presence(arguments.has("presence"))
        .with_scoped_events(arguments.has("scoped-events"))
        .with_no_rate_limit();
    if let Some(backups) = arguments.one("backups") {
        agent = agent.with_backup_dir(PathBuf::from(backups));
    }
    if let Some(rights) = arguments.one("access") {
        agent = agent.with_acl_file(PathBuf::from(rights));
    }
    if let Some(passwords) = passwords(&data, &arguments)? {
        agent = agent.with_password_file(passwords).with_anonymous(false);
    }
    let mut told = HashMap::from([("port", tcp.port())]);
    if let Some(port) = arguments.one("ws") {
        let address = address(Some(port))?;
        told.insert("ws", address.port());
        agent = agent.with_ws_bind_address(address);
    }
    if let Some(secret) = arguments.one("tickets") {
        let file = data.with_extension("secret");
        std::fs::write(&file, secret)?;
        agent = agent.with_jwt_config(JwtConfig::new(JwtAlgorithm::HS256, file).with_issuer(ISSUER)).with_anonymous(false);
        if let Some(port) = arguments.one("http") {
            let address = address(Some(port))?;
            told.insert("http", address.port());
            agent = agent.with_http_config(http(address, secret.as_bytes(), &arguments, &owners)?);
        }
    }

    let (running, mut ready, shutdown) = agent.start().await?;
    ready.wait_for(|ready| *ready).await?;
    println!("{}", serde_json::to_string(&told)?);

    let mut input = Vec::new();
    let mut stdin = tokio::io::stdin();
    tokio::select! {
        _ = stdin.read_to_end(&mut input) => {}
        () = tokio::time::sleep(life) => eprintln!("ended after {life:?}, as it was told"),
        _ = running => return Err("the server ended by itself".into()),
    }
    let _ = shutdown.send(());
    // Standard input is read on a thread of its own, which would keep a runtime that is dropped waiting.
    std::process::exit(0);
}
