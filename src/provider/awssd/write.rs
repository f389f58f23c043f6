//! The calls that write: what a name is to be, as a service with its instances.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use plan::ErrorKind;
use serde::Deserialize;
use serde_json::{Value, json};
use wire::{Rtype, Ttl};

use super::api::{Asked, CloudMap, DELETE_SERVICE, Wish};
use super::owner::{DESCRIPTION, owner_of};
use super::quirks::QUIRKS;
use super::service::{DnsConfig, DnsRecord, Form, Instance, Service, instance_id};
use crate::exec::{Answer, Api, Done, Edit, Group, Ledger, Writer, busy, wait};
use crate::record::{Found, Rrset};
use crate::zones::Zone;

impl Writer for CloudMap {
    type Api = Self;
    const ATOMIC: bool = false;

    fn api(&self) -> &Self {
        self
    }

    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        self.read(zone).await
    }

    async fn write(&self, zone: &Zone, groups: Vec<Group>, ledger: &mut Ledger) -> Answer<()> {
        for group in groups {
            match self.group(zone, &group, ledger).await {
                Ok(None) => {}
                // It stops nothing else.
                Ok(Some(waiting)) => ledger.wait(&group, busy(Self::NAME, &waiting)),
                Err(error) => ledger.refuse(group.place, error)?,
            }
        }
        Ok(())
    }
}

impl CloudMap {
    /// Makes the edits of one name; tells the name if an earlier change of it is still under way.
    async fn group(
        &self,
        zone: &Zone,
        group: &Group,
        ledger: &mut Ledger,
    ) -> Answer<Option<String>> {
        let name = group.name();
        let mut service = self.service(zone, name);
        if let Some(service) = &service {
            self.check_owner(service, name)?;
            if !self.is_quiet(zone, service).await? {
                return Ok(Some(name.to_owned()));
            }
        }
        let (chosen, refused) = chosen(zone, service.as_ref(), &group.edits);
        if let Some(new) = chosen.and_then(|edit| edit.new.as_ref()) {
            let form = self.form(new)?;
            if let Some(there) = service.take_if(|it| !is_room(zone, it, new, &form)) {
                self.check_empties(zone, &there, new, &group.edits)?;
                let taken = self.replace(zone, there, ledger).await?;
                if !taken {
                    return Ok(Some(name.to_owned()));
                }
            }
            let (there, is_new) = match service {
                Some(there) => (self.update(zone, there, new).await?, false),
                None => (self.create(zone, new, &form).await?, true),
            };
            self.fill((zone, is_new), there, new, ledger).await?;
        }
        for edit in group.edits.iter().filter(|edit| edit.new.is_none()) {
            self.empty(zone, edit, ledger).await?;
        }
        match refused {
            None => Ok(None),
            Some(other) => {
                let message = format!(
                    "{}: a service is of one type, and there is another at this name",
                    other.key()
                );
                Err(self.rpc().error(ErrorKind::Rejected, WRITE, message))
            }
        }
    }

    /// The service of a whole name, as it is known.
    fn service(&self, zone: &Zone, name: &str) -> Option<Service> {
        let key = (zone.id.clone(), Box::from(name));
        self.known().services.get(&key).cloned()
    }

    fn keep(&self, zone: &Zone, service: Service) {
        let name = plan::name::normalize(&service.whole(zone)).into();
        let key = (zone.id.clone(), name);
        self.known().services.insert(key, service);
    }

    /// A service that somebody else has made is not ours to change, be it empty or not.
    fn check_owner(&self, service: &Service, name: &str) -> Answer<()> {
        let acting = self.acting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(acting) = acting.as_deref() else {
            return Ok(());
        };
        let owner = owner_of(service.description.as_deref());
        if owner.as_deref() == Some(acting) {
            return Ok(());
        }
        let whose = owner.map_or_else(
            || "nobody that its description names".to_owned(),
            |owner| format!("\"{owner}\""),
        );
        let message = format!("\"{name}\": the service {} is of {whose}", service.id);
        Err(self.rpc().error(ErrorKind::Rejected, WRITE, message))
    }

    /// What was asked of a service and is not seen yet.
    fn waiting(&self, service: &Service) -> Vec<Asked> {
        let known = self.known();
        let asked = known.asked.iter().filter(|it| it.service == service.id);
        asked.cloned().collect()
    }

    /// Whether all that was asked of a service earlier has come to an end.
    async fn is_quiet(&self, zone: &Zone, service: &Service) -> Answer<bool> {
        for Asked { operation, .. } in self.waiting(service) {
            let done = self.is_done(zone, &operation).await;
            if matches!(done, Ok(false)) {
                return Ok(false);
            }
            self.known().asked.retain(|it| it.operation != operation);
            match done {
                // Who may not ask, or asks for what is too old, looks at what is listed.
                Err(error) if !matches!(error.kind, ErrorKind::Config | ErrorKind::NotFound) => {
                    return Err(error);
                }
                _ => {}
            }
        }
        Ok(true)
    }

    /// The form of all values of a set.
    fn form(&self, new: &Rrset) -> Answer<Form> {
        let rtype = new.key.rtype;
        let mut forms = new.values.iter().map(|value| Form::of(rtype, value));
        let first = forms.next().unwrap_or_else(|| Form::of(rtype, ""));
        if forms.all(|form| form == first) {
            return Ok(first);
        }
        let message = format!("{}: some of its targets are aliases, others not", new.key);
        Err(self.rpc().error(ErrorKind::Rejected, WRITE, message))
    }

    /// Whether a service that has to make room for one of another type has nothing but what goes.
    fn check_empties(
        &self,
        zone: &Zone,
        service: &Service,
        new: &Rrset,
        edits: &[Edit],
    ) -> Answer<()> {
        let goes = |(rtype, value): &(Rtype, Box<str>)| {
            let mut edits = edits.iter().filter(|edit| edit.key().rtype == *rtype);
            let stays = |edit: &Edit| {
                let new = edit.new.as_ref();
                new.is_some_and(|new| new.values.contains(value))
            };
            edits.any(|edit| edit.old.is_some() && !stays(edit))
        };
        let mut instances = service.instances.iter();
        let left = instances.find(|instance| {
            let says = service.says(zone, instance);
            says.is_empty() || !says.iter().all(goes)
        });
        let Some(left) = left else { return Ok(()) };
        let message = format!(
            "{}: the service {} is of another type and has the instance \"{}\"",
            new.key, service.id, left.id
        );
        Err(self.rpc().error(ErrorKind::Rejected, WRITE, message))
    }

    /// Takes a service away with all its instances. Tells whether it is gone.
    async fn replace(
        &self,
        zone: &Zone,
        mut service: Service,
        ledger: &mut Ledger,
    ) -> Answer<bool> {
        let mut waiting = Vec::new();
        for instance in std::mem::take(&mut service.instances) {
            for (rtype, _) in service.says(zone, &instance) {
                let key = crate::record::Key::new(&service.whole(zone), rtype);
                ledger.effect(key, None);
            }
            waiting.extend(self.deregister(&service.id, &instance.id).await?);
        }
        self.keep(zone, service.clone());
        for operation in waiting {
            let done = wait(self, zone, Done::Pending(operation.as_str().into())).await?;
            if matches!(done, Done::Pending(_)) {
                return Ok(false);
            }
        }
        self.delete(zone, &service).await?;
        Ok(true)
    }

    async fn delete(&self, zone: &Zone, service: &Service) -> Answer<()> {
        let body = json!({"Id": service.id});
        let gone = self.rpc().ask::<Value>(DELETE_SERVICE, &body).await;
        if let Err(error) = gone
            && error.kind != ErrorKind::NotFound
        {
            return Err(error);
        }
        let name = plan::name::normalize(&service.whole(zone)).into();
        let mut known = self.known();
        known.services.remove(&(zone.id.clone(), name));
        known.asked.retain(|it| it.service != service.id);
        Ok(())
    }

    /// Makes a service without instances.
    async fn create(&self, zone: &Zone, new: &Rrset, form: &Form) -> Answer<Service> {
        let name = new.key.name.strip_suffix(&*zone.name);
        let name = name.and_then(|name| name.strip_suffix('.'));
        let name = name.unwrap_or(&new.key.name);
        let record = DnsRecord {
            rtype: form.rtype.to_owned(),
            ttl: new
                .ttl
                .or_else(|| QUIRKS.unset_ttl())
                .map_or(0, Ttl::as_secs),
        };
        let description = new.properties.value(DESCRIPTION);
        let mut body = json!({
            "Name": name,
            "NamespaceId": &*zone.id,
            "DnsConfig": {"RoutingPolicy": form.policy, "DnsRecords": [record]},
        });
        if let Value::Object(body) = &mut body {
            if let Some(description) = description {
                self.check_description(new, description)?;
                body.insert("Description".to_owned(), description.into());
            }
            if !self.tags.is_empty() {
                let tags = self.tags.iter();
                let tags = tags.map(|(key, value)| json!({"Key": key, "Value": value}));
                body.insert("Tags".to_owned(), tags.collect());
            }
        }
        let made: Made = self.rpc().change(CREATE_SERVICE, &body).await?;
        let service = Service {
            id: made.service.id,
            name: name.to_owned(),
            description: description.map(str::to_owned),
            instance_count: Some(0),
            dns_config: Some(DnsConfig {
                routing_policy: Some(form.policy.to_owned()),
                dns_records: vec![record],
            }),
            health_check_config: None,
            instances: Vec::new(),
        };
        self.keep(zone, service.clone());
        Ok(service)
    }

    fn check_description(&self, new: &Rrset, description: &str) -> Answer<()> {
        if description.len() <= LONGEST {
            return Ok(());
        }
        let message = format!(
            "{}: its labels are {} bytes, a description has {LONGEST} at most",
            new.key,
            description.len()
        );
        Err(self.rpc().error(ErrorKind::Rejected, WRITE, message))
    }

    /// Gives a service another TTL or description, if it is to have one; all else of it stays.
    async fn update(&self, zone: &Zone, mut service: Service, new: &Rrset) -> Answer<Service> {
        let description = new.properties.value(DESCRIPTION).map(str::to_owned);
        let description = description.or_else(|| service.description.clone());
        let mut records = service.records().to_vec();
        if let Some(ttl) = new.ttl {
            for record in &mut records {
                record.ttl = ttl.as_secs();
            }
        }
        let has_ttls = (records.iter().zip(service.records())).all(|(one, two)| one.ttl == two.ttl);
        if has_ttls && description == service.description {
            return Ok(service);
        }
        let mut change = json!({"DnsConfig": {"DnsRecords": records}});
        if let Value::Object(change) = &mut change {
            if let Some(description) = &description {
                self.check_description(new, description)?;
                change.insert("Description".to_owned(), description.as_str().into());
            }
            if let Some(health) = &service.health_check_config {
                change.insert("HealthCheckConfig".to_owned(), health.clone());
            }
        }
        let body = json!({"Id": service.id, "Service": change});
        let accepted: Accepted = self.rpc().ask(UPDATE_SERVICE, &body).await?;
        if let Some(record) = records.first().filter(|_| !has_ttls) {
            self.asked(&service.id, accepted, Wish::Ttl(record.ttl));
        }
        service.description = description;
        if let Some(config) = &mut service.dns_config {
            config.dns_records = records;
        }
        self.keep(zone, service.clone());
        Ok(service)
    }

    /// Gives a service the instances that it is to have of a type; what is new comes first.
    async fn fill(
        &self,
        (zone, is_new): (&Zone, bool),
        mut service: Service,
        new: &Rrset,
        ledger: &mut Ledger,
    ) -> Answer<()> {
        let rtype = new.key.rtype;
        let mut there: BTreeMap<Box<str>, Vec<String>> = BTreeMap::new();
        for instance in &service.instances {
            for (_, value) in service
                .says(zone, instance)
                .into_iter()
                .filter(|it| it.0 == rtype)
            {
                there.entry(value).or_default().push(instance.id.clone());
            }
        }
        for value in new
            .values
            .iter()
            .filter(|value| !there.contains_key(*value))
        {
            let made = self.register(&service, rtype, value).await;
            match made {
                Ok(instance) => {
                    service.instances.push(instance);
                    self.keep(zone, service.clone());
                }
                Err(error) => {
                    if is_new && service.instances.is_empty() && error.kind == ErrorKind::Rejected {
                        // What cannot be filled is of no use; if it stays, it is ours and empty.
                        let _left = self.delete(zone, &service).await;
                    }
                    return Err(error);
                }
            }
        }
        let gone = there
            .iter()
            .filter(|(value, _)| !new.values.contains(*value));
        for id in gone.flat_map(|(_, ids)| ids) {
            self.deregister(&service.id, id).await?;
            service.instances.retain(|it| it.id != *id);
            self.keep(zone, service.clone());
        }
        let mut found = service.found(zone).into_iter();
        ledger.effect(new.key.clone(), found.find(|it| it.rrset.key == new.key));
        Ok(())
    }

    /// Takes the instances of one type away.
    async fn empty(&self, zone: &Zone, edit: &Edit, ledger: &mut Ledger) -> Answer<()> {
        let key = edit.key();
        if let Some(mut service) = self.service(zone, &key.name) {
            for instance in service.instances.clone() {
                let says = service.says(zone, &instance);
                if says.iter().any(|(rtype, _)| *rtype == key.rtype) {
                    self.deregister(&service.id, &instance.id).await?;
                    service.instances.retain(|it| it.id != instance.id);
                    self.keep(zone, service.clone());
                }
            }
        }
        ledger.effect(key.clone(), None);
        Ok(())
    }

    async fn register(&self, service: &Service, rtype: Rtype, value: &str) -> Answer<Instance> {
        let data = QUIRKS.data(rtype, value);
        let data = data.unwrap_or_else(|| value.to_owned());
        let attribute = Form::of(rtype, &data).attribute;
        let instance = Instance {
            id: instance_id(&data),
            attributes: [(attribute.to_owned(), data)].into(),
        };
        let body = json!({
            "ServiceId": service.id,
            "InstanceId": instance.id,
            "Attributes": instance.attributes,
        });
        // The same once more is no other.
        let accepted: Accepted = self.rpc().ask(REGISTER, &body).await?;
        self.asked(&service.id, accepted, Wish::There(instance.id.clone()));
        Ok(instance)
    }

    /// Takes an instance away; tells what stands for that, if it is not away already.
    async fn deregister(&self, service: &str, id: &str) -> Answer<Option<String>> {
        let body = json!({"ServiceId": service, "InstanceId": id});
        match self.rpc().ask::<Accepted>(DEREGISTER, &body).await {
            Ok(accepted) => {
                let operation = accepted.operation_id.clone();
                self.asked(service, accepted, Wish::Gone(id.to_owned()));
                Ok(operation)
            }
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Remembers what was accepted.
    fn asked(&self, service: &str, accepted: Accepted, what: Wish) {
        if let Some(operation) = accepted.operation_id {
            let service = service.to_owned();
            self.known().asked.push(Asked {
                service,
                operation,
                what,
            });
        }
    }
}

/// Of the sets that a name is to have, the one that its service can be, and one that it cannot.
fn chosen<'e>(
    zone: &Zone,
    service: Option<&Service>,
    edits: &'e [Edit],
) -> (Option<&'e Edit>, Option<&'e Edit>) {
    let mut wanted: Vec<&Edit> = edits.iter().filter(|edit| edit.new.is_some()).collect();
    // What is there already stays, and IPv4 comes before IPv6.
    wanted.sort_by_key(|edit| (edit.old.is_none(), edit.key().rtype));
    let stays = service.is_some_and(|service| {
        let mut all = service.instances.iter();
        all.any(|instance| {
            let mut says = service.says(zone, instance).into_iter();
            says.any(|(rtype, _)| edits.iter().all(|edit| edit.key().rtype != rtype))
        })
    });
    let mut wanted = wanted.into_iter();
    match stays {
        true => (None, wanted.next()),
        false => (wanted.next(), wanted.next()),
    }
}

/// Whether a service can have what is wanted.
fn is_room(zone: &Zone, service: &Service, new: &Rrset, form: &Form) -> bool {
    let stays = |instance: &Instance| {
        let mut says = service.says(zone, instance).into_iter();
        says.any(|(rtype, value)| rtype == new.key.rtype && new.values.contains(&value))
    };
    // How several values are answered is a matter of taste, as long as some of them stay.
    let is_type = matches!(service.records(), [record] if record.rtype == form.rtype);
    service.fits(form) || (is_type && service.instances.iter().any(stays))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Accepted {
    operation_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Made {
    service: Identified,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Identified {
    id: String,
}

const CREATE_SERVICE: &str = "CreateService";
const UPDATE_SERVICE: &str = "UpdateService";
const REGISTER: &str = "RegisterInstance";
const DEREGISTER: &str = "DeregisterInstance";
const WRITE: &str = "apply changes";

/// Bytes of a description at most.
const LONGEST: usize = 1024;
