use super::*;

fn pattern() -> config::Camera {
    config::Camera { width: Some(640), height: Some(480), ..config::Camera::new(3, Source::Pattern) }
}

fn genicam() -> config::Camera {
    config::Camera::new(2, Source::Genicam { device: "192.0.2.1".into() })
}

fn bounds<T>(min: T, max: T) -> Option<Bounds<T>> {
    Some(Bounds { min, max })
}

/// Of a camera that has everything.
fn own() -> Limits {
    Limits {
        width: bounds(16, 2048),
        height: bounds(16, 1536),
        camera_fps: bounds(0.5, 400.0),
        exposure_us: bounds(10.0, 100_000.0),
        gain_db: bounds(0.0, 24.0),
        trigger: ["Off", "Line0", "Software"].map(Into::into).into(),
        ..Limits::default()
    }
}

fn actual() -> Actual {
    Actual { width: Some(640), height: Some(480), fps: Some(100.0), ..Actual::default() }
}

/// Of a camera with these limits that streams at 640x480 and 100 FPS; the stream has 30.
fn merged(camera: &config::Camera, own: &Limits, set: &Settings) -> Result<config::Camera, String> {
    let limits = limits(Some(own), 30.0, false);
    merge(Known { camera, actual: &actual(), limits: &limits, was_open: true }, set)
}

/// Of one that was never open.
fn merged_unseen(camera: &config::Camera, set: &Settings) -> Result<config::Camera, String> {
    let limits = limits(None, 30.0, false);
    merge(Known { camera, actual: &Actual::default(), limits: &limits, was_open: false }, set)
}

#[test]
fn what_is_set_replaces_what_was_and_the_rest_stays() {
    let set = Settings { width: Some(1280), height: Some(720), jpeg_quality: Some(50), ..Settings::default() };
    let wanted = merged(&pattern(), &own(), &set).unwrap();
    let expected = config::Camera { width: Some(1280), height: Some(720), jpeg_quality: Some(50), ..pattern() };
    assert_eq!(wanted, expected);
    assert!(!is_about_the_stream(&pattern(), &wanted));
}

#[test]
fn rate_and_quality_of_the_stream_do_not_touch_the_camera() {
    let set = Settings { stream_fps: Some(5.0), jpeg_quality: Some(50), ..Settings::default() };
    assert!(is_about_the_stream(&pattern(), &merged(&pattern(), &own(), &set).unwrap()));
}

#[test]
fn another_name_touches_the_camera_only_where_its_picture_shows_it() {
    let renamed = |camera: config::Camera| config::Camera { name: "Gate".into(), ..camera };
    assert!(is_about_the_stream(&genicam(), &renamed(genicam())));
    assert!(!is_about_the_stream(&pattern(), &renamed(pattern())));
}

#[test]
fn what_cannot_be_is_refused_with_the_cameras_own_limits() {
    let refused = |set: Settings| merged(&genicam(), &own(), &set).unwrap_err();
    let says = |set: Settings, sentence: &str| assert_eq!(refused(set), sentence);
    says(Settings { width: Some(0), ..Settings::default() }, "width is 0; from 16 to 2048 is allowed for camera 2");
    says(
        Settings { width: Some(5000), ..Settings::default() },
        "width is 5000; from 16 to 2048 is allowed for camera 2",
    );
    let height = Settings { width: Some(640), height: Some(2000), ..Settings::default() };
    says(height, "height is 2000; from 16 to 1536 is allowed for camera 2");
    let fps = "camera_fps is 1000; from 0.5 to 400 is allowed for camera 2";
    says(Settings { camera_fps: Some(1000.0), ..Settings::default() }, fps);
    assert!(refused(Settings { camera_fps: Some(f64::NAN), ..Settings::default() }).starts_with("camera_fps is NaN"));
    let exposure = "exposure_us is 1; from 10 to 100000 is allowed for camera 2";
    says(Settings { exposure_us: Some(1.0), ..Settings::default() }, exposure);
    says(
        Settings { gain_db: Some(-1.0), ..Settings::default() },
        "gain_db is -1; from 0 to 24 is allowed for camera 2",
    );
    let trigger = "camera 2 has no trigger `Line9`; it takes Off, Line0, Software";
    says(Settings { trigger: Some("Line9".into()), ..Settings::default() }, trigger);
    let quality = "jpeg_quality is 0; from 1 to 100 is allowed for camera 2";
    says(Settings { jpeg_quality: Some(0), ..Settings::default() }, quality);
    let stream = "stream_fps is 31; from 0.1 to 30 is allowed for camera 2";
    says(Settings { stream_fps: Some(31.0), ..Settings::default() }, stream);
    assert!(refused(Settings::default()).contains("nothing to set"));
}

#[test]
fn a_size_that_a_camera_does_not_have_is_refused_with_those_it_has() {
    let sizes = Limits { sizes: vec![[640, 480], [1280, 720]], ..own() };
    let at = |width, height| Settings { width: Some(width), height: Some(height), ..Settings::default() };
    let refused = merged(&pattern(), &sizes, &at(800, 600)).unwrap_err();
    assert_eq!(refused, "camera 3 does not offer the size 800x600; it offers 640x480, 1280x720");
    assert!(merged(&pattern(), &sizes, &at(1280, 720)).is_ok());
    // A list as long as can be told may not be all.
    let cut = Limits { sizes: vec![[640, 480]; Limits::MOST_SIZES], ..own() };
    assert!(merged(&pattern(), &cut, &at(800, 600)).is_ok());
}

#[test]
fn what_a_camera_does_not_let_be_set_is_refused_with_what_it_does() {
    let refused = |set: Settings| merged(&pattern(), &Limits::default(), &set).unwrap_err();
    let can = "what can be is stream_fps (0.1 to 30), jpeg_quality (1 to 100)";
    let width = refused(Settings { width: Some(320), height: Some(240), ..Settings::default() });
    assert_eq!(width, format!("width of camera 3 cannot be set; {can}"));
    let fps = refused(Settings { camera_fps: Some(5.0), ..Settings::default() });
    assert_eq!(fps, format!("camera_fps of camera 3 cannot be set; {can}"));
    let trigger = Settings { trigger: Some("Line0".into()), ..Settings::default() };
    let trigger = merged(&genicam(), &Limits::default(), &trigger).unwrap_err();
    assert!(trigger.starts_with("camera 2 has no trigger; what can be set is stream_fps"), "{trigger}");
}

#[test]
fn exposure_gain_and_trigger_are_for_genicam_cameras() {
    for set in [
        Settings { exposure_us: Some(5.0), ..Settings::default() },
        Settings { gain_db: Some(5.0), ..Settings::default() },
        Settings { trigger: Some("Off".into()), ..Settings::default() },
    ] {
        let sentence = "exposure_us, gain_db and trigger are for genicam cameras; camera 3 is pattern";
        assert_eq!(merged(&pattern(), &own(), &set).unwrap_err(), sentence);
        assert_eq!(merged_unseen(&pattern(), &set).unwrap_err(), sentence);
    }
}

#[test]
fn a_camera_that_compresses_by_itself_has_no_quality_to_set() {
    let limits = limits(Some(&own()), 30.0, true);
    assert_eq!(limits.jpeg_quality, None);
    let known = Known { camera: &pattern(), actual: &actual(), limits: &limits, was_open: true };
    let refused = merge(known, &Settings { jpeg_quality: Some(50), ..Settings::default() }).unwrap_err();
    assert_eq!(refused, "camera 3 compresses its pictures itself; jpeg_quality does not reach it");
}

#[test]
fn a_size_or_rate_that_the_camera_has_is_no_change_even_where_it_has_no_other() {
    let set = Settings {
        width: Some(640),
        height: Some(480),
        camera_fps: Some(100.0),
        stream_fps: Some(5.0),
        ..Settings::default()
    };
    let camera = config::Camera { width: None, height: None, ..pattern() };
    let wanted = merged(&camera, &Limits::default(), &set).unwrap();
    assert_eq!(wanted, config::Camera { stream_fps: Some(5.0), ..camera.clone() });
    assert!(is_about_the_stream(&camera, &wanted));
}

#[test]
fn a_width_alone_goes_with_the_height_that_the_camera_has() {
    let wider = Settings { width: Some(800), ..Settings::default() };
    let camera = config::Camera { width: None, height: None, region: Some([8, 8, 640, 480]), ..genicam() };
    let expected = config::Camera { width: Some(800), height: Some(480), region: None, ..genicam() };
    assert_eq!(merged(&camera, &own(), &wider), Ok(expected));
    assert_eq!(merged_unseen(&genicam(), &wider), Err("width and height go together".into()));
}

#[test]
fn a_rate_that_another_setting_may_make_possible_is_left_to_the_camera() {
    let faster = Settings { camera_fps: Some(900.0), ..Settings::default() };
    assert!(merged(&genicam(), &own(), &faster).is_err());
    let smaller = Settings { width: Some(64), height: Some(64), ..faster.clone() };
    assert!(merged(&genicam(), &own(), &smaller).is_ok());
    assert!(merged(&genicam(), &own(), &Settings { exposure_us: Some(10.0), ..faster.clone() }).is_ok());
    let fixed = Limits { camera_fps: None, ..own() };
    assert!(merged(&genicam(), &fixed, &smaller).unwrap_err().starts_with("camera_fps of camera 2 cannot be set"));
}

#[test]
fn of_a_camera_that_was_never_open_everything_is_left_to_it_that_a_configuration_could_say() {
    let everything = Settings {
        width: Some(5000),
        height: Some(5000),
        camera_fps: Some(1000.0),
        exposure_us: Some(1.0),
        gain_db: Some(48.0),
        trigger: Some("Line9".into()),
        ..Settings::default()
    };
    assert!(merged_unseen(&genicam(), &everything).is_ok());
    let refused = merged_unseen(&genicam(), &Settings { width: Some(0), height: Some(1), ..Settings::default() });
    assert_eq!(refused.unwrap_err(), "width is 0; from 1 to 65535 is allowed for camera 2");
}

#[test]
fn a_trigger_is_turned_off_by_its_own_word() {
    let camera = config::Camera { trigger: Some("Line0".into()), ..genicam() };
    let set = Settings { trigger: Some("Off".into()), ..Settings::default() };
    assert_eq!(merged(&camera, &own(), &set).unwrap().trigger.as_deref(), Some("Off"));
}

#[test]
fn what_the_camera_made_of_it_is_what_is_applied() {
    let set = Settings {
        camera_fps: Some(20.0),
        jpeg_quality: Some(50),
        exposure_us: Some(801.0),
        gain_db: Some(1.0),
        ..Settings::default()
    };
    let made = Actual { fps: Some(30.0), exposure_us: Some(800.0), ..actual() };
    let expected = Settings { camera_fps: Some(30.0), exposure_us: Some(800.0), ..set.clone() };
    assert_eq!(applied(&set, &made), expected);
}
