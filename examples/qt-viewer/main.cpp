// A viewer for cameracast. A picture's way: connection → frame_bundle_reader → wall → decoder → tile.
#include "window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QSslConfiguration>
#include <QStyleFactory>
#include <QThreadPool>

#include <cstdio>

using namespace Qt::StringLiterals;

namespace {

// What may be shown of an address: there may be a token behind the `?`.
QString withoutQuery(const QString& url)
{
    return url.section(u'?', 0, 0);
}

int usageError(const QString& sentence)
{
    std::fprintf(stderr, "qt-viewer: %s\n", qPrintable(sentence));
    return 2;
}

// A page's address is as good as a WebSocket's.
QUrl socketUrl(const QString& text)
{
    QUrl url(text, QUrl::StrictMode);
    if (url.scheme() == u"http")
        url.setScheme(u"ws"_s);
    if (url.scheme() == u"https")
        url.setScheme(u"wss"_s);
    if (url.path().isEmpty())
        url.setPath(u"/"_s);
    return url;
}

void darken(QApplication& app)
{
    app.setStyle(QStyleFactory::create(u"Fusion"_s));
    QPalette palette;
    palette.setColor(QPalette::Window, QColor(0x0d, 0x0e, 0x10));
    palette.setColor(QPalette::WindowText, QColor(0xc4, 0xc8, 0xce));
    app.setPalette(palette);
}

} // namespace

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    app.setApplicationName(u"qt-viewer"_s);

    const QCommandLineOption urlOption(u"url"_s,
        app.tr("The bridge; ?cameras=0,2 and ?fps=10 choose what comes. %1 if left out.").arg(u"ws://localhost:8765/"),
        u"ws://HOST:PORT/"_s, u"ws://localhost:8765/"_s);
    const QCommandLineOption tokenOption(u"token"_s,
        app.tr("What a bridge with a view_token asks for; better in the environment, as CAMERACAST_TOKEN."),
        u"TOKEN"_s, qEnvironmentVariable("CAMERACAST_TOKEN"));
    const QCommandLineOption caOption(u"ca"_s,
        app.tr("For wss://: trust this certificate too, such as one that the bridge's owner made."), u"FILE.pem"_s);
    QCommandLineParser parser;
    parser.setApplicationDescription(
        app.tr("Shows the cameras of a cameracast bridge. F11: full screen, F5: connect again, Ctrl+Q: quit."));
    parser.addHelpOption();
    parser.addOptions({urlOption, tokenOption, caOption});
    parser.process(app);

    const QUrl url = socketUrl(parser.value(urlOption));
    if (!url.isValid() || url.host().isEmpty() || (url.scheme() != u"ws" && url.scheme() != u"wss"))
        return usageError(app.tr("--url %1 is no address of a bridge; give one such as ws://localhost:8765/")
                              .arg(withoutQuery(parser.value(urlOption))));
    if (const QStringList rest = parser.positionalArguments(); !rest.isEmpty())
        return usageError(app.tr("unknown argument %1; --help names what there is").arg(withoutQuery(rest.first())));

    if (const QString ca = parser.value(caOption); !ca.isEmpty()) {
        auto tls = QSslConfiguration::defaultConfiguration();
        if (!tls.addCaCertificates(ca))
            return usageError(app.tr("--ca %1 is no file with a certificate in PEM").arg(ca));
        QSslConfiguration::setDefaultConfiguration(tls);
    }

    darken(app);
    Window window(url, parser.value(tokenOption).toUtf8());
    window.resize(1280, 800);
    window.show();
    const int code = app.exec();
    QThreadPool::globalInstance()->waitForDone(); // pictures that are still being decoded
    return code;
}
