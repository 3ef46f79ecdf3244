use std::path::PathBuf;

use super::*;
use crate::config::layer::Layers;

/// A file with its drop-ins, removed at the end.
struct Files(PathBuf);

impl Files {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder =
            std::env::temp_dir().join(format!("till-layers-{}-{name}", std::process::id()));
        std::fs::create_dir_all(folder.join("till.toml.d")).unwrap();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        Self(folder)
    }

    fn load(&self, variables: &[(&str, &str)]) -> Result<Effective, ConfigError> {
        let set = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let layers = Layers::load(&self.0.join("till.toml"), variables.iter().map(set))?;
        Effective::of(layers)
    }

    /// A text in which the folder stands as `@`.
    fn short(&self, text: &impl ToString) -> String {
        text.to_string().replace(self.0.to_str().unwrap(), "@")
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const TYPE: &str = "[till]\ntype = \"kiosk\"\n\n[kkt]\ndriver = \"atol\"\nlink = \"v3\"\n\
                    address = \"tcp:10.0.0.5:5555\"\naccess_password = \"1234\"\n\
                    operators = { 1 = 7, 30 = \"admin\" }\n";

#[test]
fn the_later_wins_key_by_key() {
    let files = Files::new(
        "order",
        &[
            ("till.toml", TYPE),
            ("till.toml.d/20-till.toml", "[kkt]\naddress = \"tcp:10.0.0.7:5555\"\n"),
            (
                "till.toml.d/10-shop.toml",
                "[kkt]\naddress = \"tcp:10.0.0.6:5555\"\n[kkt.operators]\n30 = \"12\"\n31 = \"13\"\n\
                 [till]\nname = \"Shop 10\"\n",
            ),
            ("till.toml.d/30-till.toml.dpkg-new", "no configuration"),
            ("till.toml.d/.40.toml", "nor this"),
        ],
    );
    let effective = files.load(&[("HOME", "/root")]).unwrap();
    let config = effective.config();
    let kkt = config.kkt.as_ref().unwrap();
    assert_eq!(kkt.address, "tcp:10.0.0.7:5555".parse().unwrap());
    let operators: Vec<_> = kkt.operators.iter().map(|(n, id)| format!("{n}={id}")).collect();
    assert_eq!(operators, ["1=7", "30=12", "31=13"]);
    assert_eq!((config.till.name.as_str(), config.till.kind.as_str()), ("Shop 10", "kiosk"));
    let given: Vec<_> = effective
        .given()
        .into_iter()
        .map(|given| {
            let at = files.short(&given.origin.at(given.line));
            format!("[{}] {} = {} {at}", given.section, given.key, given.value)
        })
        .collect();
    assert_eq!(
        given,
        [
            "[kkt] access_password = \"1234\" @/till.toml:8",
            "[kkt] address = \"tcp:10.0.0.7:5555\" @/till.toml.d/20-till.toml:2",
            "[kkt] driver = \"atol\" @/till.toml:5",
            "[kkt] link = \"v3\" @/till.toml:6",
            "[kkt.operators] 1 = 7 @/till.toml:9",
            "[kkt.operators] 30 = \"12\" @/till.toml.d/10-shop.toml:4",
            "[kkt.operators] 31 = \"13\" @/till.toml.d/10-shop.toml:5",
            "[till] name = \"Shop 10\" @/till.toml.d/10-shop.toml:7",
            "[till] type = \"kiosk\" @/till.toml:2",
        ]
    );
}

#[test]
fn the_environment_says_where_things_are() {
    let files = Files::new("environment", &[("till.toml", TYPE)]);
    let effective = files
        .load(&[
            ("TILL_STATUS_KKT_ADDRESS", "tcp:10.0.0.9:5555"),
            ("TILL_STATUS_API_LISTEN", "10.1.2.3:8480  [::1]:8480"),
            ("TILL_STATUS_VISION_TARGET", "tcp://vision:8090"),
        ])
        .unwrap();
    let config = effective.config();
    assert_eq!(config.kkt.as_ref().unwrap().address, "tcp:10.0.0.9:5555".parse().unwrap());
    assert_eq!(config.api.listen.len(), 2);
    assert!(config.vision.is_some());
    let names: Vec<_> = effective.origins().map(|origin| files.short(origin)).collect();
    let wanted = [
        "@/till.toml",
        "TILL_STATUS_API_LISTEN",
        "TILL_STATUS_KKT_ADDRESS",
        "TILL_STATUS_VISION_TARGET",
    ];
    assert_eq!(names, wanted);
    for (name, value, fault) in [
        (
            "TILL_STATUS_KKT_ADRESS",
            "tcp:10.0.0.9:5555",
            "TILL_STATUS_KKT_ADRESS: unknown variable of the environment; did you mean \
             TILL_STATUS_KKT_ADDRESS?",
        ),
        (
            "TILL_STATUS_X",
            "debug",
            "X: unknown variable of the environment; known are TILL_STATUS_API_LISTEN, ",
        ),
        ("TILL_STATUS_KKT_ADDRESS", "kkt\"\n[api]", "TILL_STATUS_KKT_ADDRESS: [kkt] address: got"),
        ("TILL_STATUS_SCALE_ADDRESS", "tcp:a:1", "SCALE_ADDRESS: [scale] protocol is missing"),
        ("TILL_STATUS_API_LISTEN", "", "TILL_STATUS_API_LISTEN: [api] listen: got [], expected"),
    ] {
        let error = files.load(&[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(fault) && error.lines().count() == 1, "{error}");
    }
}

#[test]
fn each_fault_names_its_file_and_line() {
    let files = Files::new(
        "faults",
        &[
            ("till.toml", "[api]\nrate = 0\n[kkt]\nlink = \"v3\"\n"),
            ("till.toml.d/1.toml", "[till]\n\nnam = 1\n[kkt]\nlink = 3"),
            ("till.toml.d/2.toml", "[log\n"),
            ("till.toml.d/3.toml", "log = 1"),
        ],
    );
    let error = files.short(&files.load(&[]).unwrap_err());
    let starts: Vec<_> = error
        .lines()
        .map(|line| line.splitn(4, ' ').take(3).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        starts,
        [
            "@/till.toml:2: [api] rate:",
            "@/till.toml:3: [kkt] driver",
            "@/till.toml:3: [kkt] address",
            "@/till.toml.d/1.toml:3: [till] nam:",
            "@/till.toml.d/1.toml:5: [kkt] link:",
            "@/till.toml.d/2.toml:1: this is",
            "@/till.toml.d/3.toml:1: log: got",
        ],
        "{error}"
    );
    std::fs::remove_file(files.0.join("till.toml")).unwrap();
    assert!(
        matches!(files.load(&[]), Err(ConfigError::File { path, .. }) if path.ends_with("till.toml"))
    );
}

#[test]
fn what_is_shown_can_be_read_again_and_tells_no_password() {
    let files = Files::new(
        "print",
        &[("till.toml", TYPE), ("till.toml.d/a.toml", "[max_age]\nweight = 5\n")],
    );
    let effective = files.load(&[("TILL_STATUS_POS_LISTEN", "unix:/run/x")]).unwrap();
    let shown = effective.to_string();
    assert!(!shown.contains("1234"), "{shown}");
    for line in [
        "# access_password is set in @/till.toml:8 and left out",
        "weight = 5 # @/till.toml.d/a.toml:2",
        "listen = \"unix:/run/x\" # TILL_STATUS_POS_LISTEN",
        "rate = 10 # default",
        "paper = \"30s\" # default",
    ] {
        assert!(files.short(&shown).lines().any(|there| there == line), "{line}\n{shown}");
    }
    let mut again = Config::parse(&shown).unwrap();
    again.hash.clone_from(&effective.config().hash);
    again.kkt.as_mut().unwrap().access_password = 1234;
    assert_eq!(&again, effective.config());
}

#[test]
fn the_hash_is_that_of_everything() {
    let mut hashes = std::collections::BTreeSet::new();
    for (number, (drop_ins, variables)) in [
        (&[][..], &[][..]),
        (&[("till.toml.d/a.toml", "[api]\n")], &[]),
        (&[("till.toml.d/b.toml", "[api]\n")], &[]),
        (&[], &[("TILL_STATUS_POS_LISTEN", "unix:/run/x")]),
    ]
    .into_iter()
    .enumerate()
    {
        let files =
            Files::new(&format!("hash-{number}"), &[&[("till.toml", TYPE)], drop_ins].concat());
        hashes.insert(files.load(variables).unwrap().config().hash.clone());
    }
    assert_eq!(hashes.len(), 4);
    assert!(hashes.contains(&Config::parse(TYPE).unwrap().hash), "a file alone has its own hash");
}
