//! The other client, as the tests drive it: one command as a JSON object a line on its standard input, one answer a line.

use serde_json::{json, Map, Value};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stitch::config::{EntityDefinition, FieldType, PersistenceConfig, SchemaField, ScopeConfig};
use stitch::types::ConnectionStatus;
use stitch::{Origin, RemoteConfig, Store, StoreConfig, StoreOptions};
use tokio::io::{AsyncBufReadExt, BufReader};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn entity(fields: &[&str]) -> EntityDefinition {
    EntityDefinition {
        fields: fields
            .iter()
            .map(|name| SchemaField {
                name: (*name).to_string(),
                r#type: FieldType::String,
                required: *name == "id",
                default: None,
            })
            .collect(),
        ..EntityDefinition::default()
    }
}

fn text<'a>(command: &'a Value, name: &str) -> Result<&'a str, Failure> {
    command[name].as_str().ok_or(format!("{name} is missing: {command}").into())
}

fn record(command: &Value) -> Result<Map<String, Value>, Failure> {
    command["data"].as_object().cloned().ok_or(format!("data is missing: {command}").into())
}

fn open(command: &Value) -> Result<Store, Failure> {
    let entities = HashMap::from([
        ("project".to_string(), entity(&["id", "name"])),
        ("task".to_string(), entity(&["id", "projectId", "title"])),
    ]);
    let mut config = StoreConfig::new(
        entities,
        ScopeConfig {
            root_entity: "project".to_string(),
            child_entities: vec!["task".to_string()],
            scope_field: "projectId".to_string(),
        },
    );
    config.event_channel_capacity = 65_536;
    let remote = RemoteConfig {
        username: command["user"].as_str().map(str::to_string),
        password: command["password"].as_str().map(str::to_string),
        ..RemoteConfig::new(text(command, "url")?)
    };
    let persistence = command["path"].as_str().map(|path| PersistenceConfig { db_path: path.into(), passphrase: None });
    let options = StoreOptions { persistence, remote: Some(remote) };
    Ok(Store::with_client_id(config, options, text(command, "clientId")?.to_string()))
}

/// Makes `count` tasks, at most `flight` of them at once, and says how many were acknowledged, not only taken into the queue.
async fn create_many(store: &Arc<Store>, command: &Value) -> Result<Value, Failure> {
    let scope = text(command, "scope")?.to_string();
    let prefix = text(command, "prefix")?.to_string();
    let count = command["count"].as_u64().ok_or("count is missing")?;
    let flight = command["flight"].as_u64().unwrap_or(16).max(1);
    let begun = Instant::now();
    let mut lanes = Vec::new();
    for lane in 0..flight {
        let (store, scope, prefix) = (Arc::clone(store), scope.clone(), prefix.clone());
        lanes.push(tokio::spawn(async move {
            let mut refused = 0_u64;
            for number in (lane..count).step_by(usize::try_from(flight).unwrap_or(1)) {
                let task = json!({"id": format!("{prefix}{number:06}"), "projectId": scope, "title": format!("Task {number}")});
                let task = task.as_object().cloned().unwrap_or_default();
                if store.create("task", &scope, task, Origin::Local).await.is_err() {
                    refused += 1;
                }
            }
            refused
        }));
    }
    let mut refused = 0;
    for lane in lanes {
        refused += lane.await?;
    }
    Ok(json!({"millis": begun.elapsed().as_millis() as u64, "refused": refused, "pending": store.pending_count(&scope).await?}))
}

/// Waits until the client shows what the command describes: `count` records, or one whose fields are those of `data`, or none under `id`.
async fn shown(store: &Arc<Store>, command: &Value) -> Result<Value, Failure> {
    let begun = Instant::now();
    let limit = Duration::from_millis(command["millis"].as_u64().unwrap_or(30_000));
    let mut events = store.subscribe()?;
    loop {
        let is_there = match command["count"].as_u64() {
            Some(count) => store.child_count(text(command, "entity")?, text(command, "scope")?).await? as u64 == count,
            None => {
                let record = store.read(text(command, "entity")?, text(command, "id")?).await?;
                match (command["data"].as_object(), record) {
                    (None, record) => record.is_none(),
                    (Some(_), None) => false,
                    (Some(fields), Some(record)) => fields.iter().all(|(name, value)| record.get(name) == Some(value)),
                }
            }
        };
        if is_there {
            return Ok(json!(begun.elapsed().as_millis() as u64));
        }
        // What happened is looked up, so it does not matter which event it was, or that some were missed.
        let left = limit.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Ok(Value::Null);
        }
        let _ = tokio::time::timeout(left.min(Duration::from_secs(1)), events.recv()).await;
    }
}

async fn answer(store: &Arc<Store>, url: &str, command: &Value) -> Result<Value, Failure> {
    let begun = Instant::now();
    match text(command, "do")? {
        "scope" => {
            store.replace_scope(text(command, "scope")?).await?;
            let tasks = store.child_count("task", text(command, "scope")?).await?;
            Ok(json!({"millis": begun.elapsed().as_millis() as u64, "tasks": tasks}))
        }
        "close" => {
            store.close_scope(text(command, "scope")?).await?;
            Ok(Value::Null)
        }
        "create" => {
            let id = store.create(text(command, "entity")?, text(command, "scope")?, record(command)?, Origin::Local).await?;
            Ok(json!(id))
        }
        "update" => {
            store.update(text(command, "entity")?, text(command, "id")?, record(command)?, Origin::Local).await?;
            Ok(Value::Null)
        }
        "delete" => {
            store.delete(text(command, "entity")?, text(command, "id")?, Origin::Local).await?;
            Ok(Value::Null)
        }
        "read" => Ok(json!(store.read(text(command, "entity")?, text(command, "id")?).await?)),
        "snapshot" => Ok(json!(store.snapshot(text(command, "entity")?, text(command, "scope")?).await?)),
        "count" => Ok(json!(store.child_count(text(command, "entity")?, text(command, "scope")?).await?)),
        "list" => Ok(json!(store.list(text(command, "entity")?, None).await?)),
        "shown" => shown(store, command).await,
        "pending" => Ok(json!(store.pending_count(text(command, "scope")?).await?)),
        "many" => create_many(store, command).await,
        "offline" => {
            store.disconnect().await?;
            Ok(Value::Null)
        }
        "online" => {
            let (user, password) = (command["user"].as_str(), command["password"].as_str());
            store.reconnect(url, None, user.map(str::to_string), password.map(str::to_string)).await?;
            Ok(Value::Null)
        }
        "status" => Ok(json!(store.connection_status()?)),
        other => Err(format!("unknown command: {other}").into()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let life = Duration::from_secs(600);
    let begun = Instant::now();
    let mut opened: Option<(Arc<Store>, String)> = None;
    loop {
        let left = life.saturating_sub(begun.elapsed());
        let Ok(Ok(Some(line))) = tokio::time::timeout(left, lines.next_line()).await else { break };
        let command: Value = serde_json::from_str(&line)?;
        let result = match (&opened, command["do"].as_str()) {
            (_, Some("quit")) => break,
            (_, Some("open")) => {
                let store = open(&command)?;
                match store.initialize().await {
                    Ok(()) => {
                        let mut status = store.subscribe_connection_status()?.ok_or("no remote")?;
                        if store.connection_status()? != ConnectionStatus::Connected {
                            let connected = async {
                                while status.recv().await.is_ok_and(|status| status != ConnectionStatus::Connected) {}
                            };
                            let _ = tokio::time::timeout(Duration::from_secs(10), connected).await;
                        }
                        // Without a user the client drops what is written while it is away.
                        let user = command["user"].as_str().unwrap_or("somebody");
                        store.set_authenticated_user(Some(user.to_string()))?;
                        let told = json!(store.connection_status()?);
                        opened = Some((Arc::new(store), text(&command, "url")?.to_string()));
                        Ok(told)
                    }
                    Err(error) => Err(error.into()),
                }
            }
            (None, _) => Err("not opened".into()),
            (Some((store, url)), _) => answer(store, url, &command).await,
        };
        match result {
            Ok(value) => println!("{}", json!({"ok": value})),
            Err(error) => println!("{}", json!({"error": error.to_string()})),
        }
    }
    if let Some((store, _)) = opened {
        store.shutdown().await?;
    }
    std::process::exit(0);
}
