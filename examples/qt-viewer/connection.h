// The WebSocket to the bridge. It hands messages on as they come, and connects again by itself, for ever; but not where
// the bridge said no, and would again: each wrong token costs this address time at the bridge.
#pragma once

#include "bridge_clock.h"

#include <QJsonObject>
#include <QObject>
#include <QTimer>
#include <QUrl>
#include <QWebSocket>

#include <memory>
#include <optional>

class Connection : public QObject {
    Q_OBJECT
public:
    // A token goes into the header `Authorization`; one in the URL's query (`?token=`) does as well.
    Connection(const QUrl& url, const QByteArray& token, QObject* parent = nullptr);

    // Connects now; does nothing where it is connected or about to be.
    void start();
    bool isOpen() const { return open_; }
    // What ended the last connection, as a sentence; empty while there is one, and before the first attempt failed.
    const QString& trouble() const { return trouble_; }
    // Until the next attempt; 0 while one is made; none where there is none before start().
    std::optional<int> secondsToRetry() const;
    const BridgeClock& clock() const { return clock_; }

signals:
    void changed(); // opened or ended
    void described(const QJsonObject& meta);
    void dropped(int bundles);
    void bundle(const QByteArray& message);

private:
    // Why a connection ended, or did not begin.
    struct End {
        QString why;
        bool final = false; // the same would come again
    };
    End whyEnded() const;
    End whyNotOpened() const;

    void connectNow();
    void opened();
    void takeText(const QString& text);
    void heard();
    void fail(const End& end);
    void askForTheTime();

    const QUrl url_;
    const QByteArray token_;
    // Each attempt has a socket of its own: nothing of an earlier one can then be heard.
    std::unique_ptr<QWebSocket, QScopedPointerDeleteLater> socket_;
    bool open_ = false;
    QString trouble_;
    int failures_ = 0;
    int questions_ = 0;
    QElapsedTimer openSince_;
    QTimer retry_, patience_, question_;
    BridgeClock clock_;
};
