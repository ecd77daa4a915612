//! What can be set of a camera, and what it says to what it does not take.

use std::time::Duration;

use cam_grabber::capture::{Cause, Grabbed};
use cameracast_config as config;
use config::{Auto, Value};

use crate::fake_camera::FakeCamera;
use crate::gvsp::{Frames, silent};
use crate::taking::{open, wanted};

#[test]
fn what_a_camera_does_not_take_is_refused_with_what_it_does_take() {
    let simulator = FakeCamera::start(&[]);
    let feature = |name: &str, value: Value| config::Camera { features: [(name.into(), value)].into(), ..wanted() };
    let refused: [(config::Camera, &[&str]); 15] = [
        (config::Camera { width: Some(5000), ..wanted() }, &["width = 5000", "1 to 2048"]),
        (config::Camera { region: Some([3000, 0, 640, 480]), ..wanted() }, &["OffsetX = 3000", "0 to 2048"]),
        (config::Camera { fps: Some(100_000.0), ..wanted() }, &["fps = 100000.0", "0.1 to 1000.0"]),
        (config::Camera { pixel_format: Some("Mono9".into()), ..wanted() }, &["`Mono9`", "Mono8", "BayerRG8"]),
        (config::Camera { exposure_us: Some(Auto::Fixed(1e12)), ..wanted() }, &["exposure_us", "10.0 to 10000000.0"]),
        (config::Camera { exposure_us: Some(Auto::Auto), ..wanted() }, &["no automatic exposure"]),
        (config::Camera { gain_db: Some(Auto::Fixed(99.0)), ..wanted() }, &["gain_db = 99.0", "0.0 to 10.0"]),
        (config::Camera { trigger: Some("Line9".into()), ..wanted() }, &["`Line9`", "Line0", "Software"]),
        (feature("Nope", Value::Int(1)), &["no feature `Nope`"]),
        (feature("BinningHorizontal", Value::Int(1000)), &["BinningHorizontal = 1000", "1 to"]),
        (feature("BinningHorizontal", Value::Float(1.5)), &["BinningHorizontal = 1.5", "a whole number"]),
        (feature("TriggerSource", Value::Text("Line9".into())), &["`Line9`", "Line0, Software"]),
        (feature("TriggerSource", Value::Int(1)), &["TriggerSource = 1", "one of its entries"]),
        (feature("ExposureTimeAbs", Value::Int(1)), &["ExposureTimeAbs", "10.0 to 10000000.0"]),
        (feature("SensorWidth", Value::Int(1)), &["`SensorWidth` can only be read"]),
    ];
    for (wanted, words) in refused {
        let error = open(&simulator.address(), &wanted).err().unwrap_or_else(|| panic!("taken: {words:?}"));
        assert_eq!(error.cause, Cause::BadFormat, "{error}");
        assert!(words.iter().all(|word| error.message.contains(word)), "{error}: {words:?}");
        assert!(error.message.contains(&simulator.address()), "{error}");
    }
}

#[test]
fn a_triggered_camera_waits_for_its_trigger_whatever_rate_was_asked() {
    let simulator = FakeCamera::start(&[]);
    let mut camera = open(&simulator.address(), &silent()).unwrap();
    assert!(camera.actual().triggered);
    assert!(matches!(camera.grab(Duration::from_millis(300)).unwrap(), Grabbed::Nothing));
    Frames::in_place_of(&simulator).send(&mut *camera, || (1, None));
    assert!(matches!(camera.grab(Duration::from_millis(300)).unwrap(), Grabbed::Nothing));
}

#[test]
fn features_are_set_whatever_order_they_stand_in() {
    let simulator = FakeCamera::start(&[]);
    let set = config::Camera {
        exposure_us: Some(Auto::Fixed(800.0)),
        packet_delay_ns: Some(1000),
        features: [
            ("TestRegister".into(), Value::Int(7)),
            ("TriggerSource".into(), Value::Text("Software".into())),
            ("TriggerSelector".into(), Value::Text("FrameStart".into())),
        ]
        .into(),
        ..wanted()
    };
    drop(open(&simulator.address(), &set).unwrap());
    assert_has(&simulator, "ExposureTimeAbs", "800");
    assert_has(&simulator, "TestRegister", "7");
    assert_has(&simulator, "TriggerSource", "Software");
    assert_has(&simulator, "GevSCPSPacketSize", "9000");
    // In ns, as the simulator's clock ticks.
    assert_has(&simulator, "GevSCPD", "1000");
}

/// Exposure with automatic, and a rate that comes out of the settings, as many cameras have them.
const MORE: &str = r#"
    <Enumeration Name="ExposureAuto">
        <EnumEntry Name="Off"><Value>0</Value></EnumEntry>
        <EnumEntry Name="Continuous"><Value>2</Value></EnumEntry>
        <pValue>ExposureAutoRegister</pValue>
    </Enumeration>
    <IntReg Name="ExposureAutoRegister">
        <Address>0x8000</Address><Length>4</Length><AccessMode>RW</AccessMode><pPort>Device</pPort>
        <Sign>Unsigned</Sign><Endianess>BigEndian</Endianess>
    </IntReg>
    <Float Name="ResultingFrameRateAbs"><Value>12.5</Value></Float>
"#;

#[test]
fn exposure_and_gain_are_automatic_or_fixed() {
    let simulator = FakeCamera::start_with(MORE);
    let both = |exposure, gain| config::Camera { exposure_us: Some(exposure), gain_db: Some(gain), ..wanted() };

    drop(open(&simulator.address(), &both(Auto::Auto, Auto::Auto)).unwrap());
    assert_has(&simulator, "ExposureAuto", "Continuous");
    assert_has(&simulator, "GainAuto", "Continuous");

    drop(open(&simulator.address(), &both(Auto::Fixed(2500.0), Auto::Fixed(4.0))).unwrap());
    for (feature, value) in
        [("ExposureAuto", "Off"), ("ExposureTimeAbs", "2500"), ("GainAuto", "Off"), ("GainRaw", "4")]
    {
        assert_has(&simulator, feature, value);
    }

    drop(open(&simulator.address(), &wanted()).unwrap());
    assert_has(&simulator, "ExposureTimeAbs", "2500");
}

#[test]
fn the_rate_is_the_one_that_comes_out_of_all_settings() {
    let simulator = FakeCamera::start_with(MORE);
    assert_eq!(open(&simulator.address(), &wanted()).unwrap().actual().fps, Some(12.5));
    let long = config::Camera { exposure_us: Some(Auto::Fixed(4_000_000.0)), ..wanted() };
    assert_eq!(open(&simulator.address(), &long).unwrap().actual().fps, Some(0.25));
}

pub(crate) fn assert_has(simulator: &FakeCamera, feature: &str, value: &str) {
    let said = simulator.arv_tool(&["control", feature]);
    let begin = format!("{feature} = {value}");
    assert!(said.trim_end() == begin || said.starts_with(&format!("{begin} ")), "{said}, not {begin}");
}
