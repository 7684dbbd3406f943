//! The portal's pages as HTML. Whatever a person typed passes `escaped`, in text and in quoted attributes alike.

use crate::{ClientView, ROLE};

/// The alert at the top of a page.
pub(crate) enum Notice {
    /// Something was done.
    Done(&'static str),
    /// A secret to copy now.
    Secret {
        /// What happened.
        what: &'static str,
        /// Whose it is.
        client_id: String,
        /// The secret.
        secret: String,
    },
    /// The button was pressed before.
    Again,
}

/// The tab Clients.
pub(crate) fn list(clients: &[ClientView], notice: Option<&Notice>) -> String {
    let rows: String = clients.iter().map(row).collect();
    let rows =
        if rows.is_empty() { "<tr><td colspan=5 class=quiet>No clients yet.".to_owned() } else { rows };
    frame(
        "Clients",
        &format!(
            "{alert}\
             <nav aria-label=\"Account management\"><span>Users</span>\
             <a href=/portal aria-current=page>Clients</a><span>Departments</span></nav>\
             <div class=bar><p class=quiet>A client needs the role {ROLE} before it can use the API.</p>\
             <a class=button href=/portal/new>Add</a></div>\
             <table><thead><tr><th>Name<th>Client ID<th>Department<th>Roles<th><span class=unseen>Actions</span>\
             </thead><tbody>{rows}</tbody></table>",
            alert = alert(notice),
        ),
    )
}

fn row(client: &ClientView) -> String {
    let state = if client.disabled { " <span class=badge>disabled</span>" } else { "" };
    let turn = if client.disabled { "Enable" } else { "Disable" };
    format!(
        "<tr><td data-label=Name><a href=\"/portal/clients/{id}\">{name}</a>{state}\
         <td data-label=\"Client ID\"><code>{id}</code><td data-label=Department>{department}\
         <td data-label=Roles>{roles}<td class=menu>\
         <details name=menu><summary aria-label=\"Actions for {name}\"><span aria-hidden=true>&#8942;</span></summary>\
         <div><form action=\"/portal/clients/{id}/regenerate\"><button>Regenerate Secret</button></form>\
         <form method=post action=\"/portal/clients/{id}/disabled\">\
         <button name=on value={on}>{turn}</button></form></div></details></tr>",
        id = escaped(&client.id),
        name = escaped(&client.name),
        department = escaped(&client.department),
        roles = roles(client),
        on = !client.disabled,
    )
}

fn roles(client: &ClientView) -> String {
    if client.roles.is_empty() {
        return "<span class=quiet>none</span>".to_owned();
    }
    client.roles.iter().map(|role| format!("<span class=role>{}</span>", escaped(role))).collect()
}

/// One client, tab Roles.
pub(crate) fn client(client: &ClientView, notice: Option<&Notice>) -> String {
    let has = !client.roles.is_empty();
    let turn = if has { "Remove role" } else { "Add role" };
    frame(
        &client.name,
        &format!(
            "{alert}<p class=back><a href=/portal>Clients</a></p><h2>{name}</h2>\
             <dl><dt>Client ID<dd><code>{id}</code><dt>Department<dd>{department}\
             <dt>Secret<dd class=quiet>number {generation}, not shown again</dl>\
             <nav aria-label=Client><a href=\"/portal/clients/{id}\" aria-current=page>Roles</a></nav>\
             <div class=bar><p>{roles}</p>\
             <form method=post action=\"/portal/clients/{id}/role\">\
             <button name=on value={on}>{turn} &ldquo;{ROLE}&rdquo;</button></form></div>",
            alert = alert(notice),
            name = escaped(&client.name),
            id = escaped(&client.id),
            department = escaped(&client.department),
            generation = client.generation,
            roles = roles(client),
            on = !has,
        ),
    )
}

/// The form for a new client.
pub(crate) fn new() -> String {
    frame(
        "Add client",
        "<section class=dialog><h2>Add client</h2><form method=post>\
         <label>Name <input name=name required maxlength=100 placeholder=\"GO API Client\" autofocus></label>\
         <label>Department <input name=department maxlength=100 placeholder=Integration></label>\
         <p class=bar><a href=/portal>Cancel</a><button>Add</button></p></form></section>",
    )
}

/// The confirmation dialog.
pub(crate) fn confirm(client: &ClientView, ticket: &str) -> String {
    frame(
        "Regenerate Secret",
        &format!(
            "<section class=dialog><h2>Regenerate Secret</h2>\
             <p>The secret of <b>{name}</b> stops working at once. Applications that use it can no longer \
             authenticate API requests.</p><p><code>{id}</code></p>\
             <form method=post><input type=hidden name=ticket value=\"{ticket}\">\
             <p class=bar><a href=/portal>Cancel</a><button class=danger>Regenerate Secret</button></p></form></section>",
            name = escaped(&client.name),
            id = escaped(&client.id),
            ticket = escaped(ticket),
        ),
    )
}

/// No such client.
pub(crate) fn missing() -> String {
    frame(
        "Not found",
        "<section class=dialog><h2>No such client</h2><p><a href=/portal>Clients</a></p></section>",
    )
}

fn alert(notice: Option<&Notice>) -> String {
    match notice {
        None => String::new(),
        Some(Notice::Done(what)) => format!("<div class=alert role=status>{what}</div>"),
        Some(Notice::Again) => {
            "<div class=\"alert again\" role=alert>This page was loaded again. Nothing was \
                                regenerated, and the secret is not shown a second time.</div>"
                .to_owned()
        }
        Some(Notice::Secret { what, client_id, secret }) => format!(
            "<div class=alert role=status><p><b>{what}</b> Copy the secret now: it is not shown again.</p>\
             <dl><dt>Client ID<dd><code>{id}</code><dt>Client secret<dd><code class=secret>{secret}</code></dl></div>",
            id = escaped(client_id),
            secret = escaped(secret),
        ),
    }
}

fn frame(title: &str, content: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\
         <title>{title} - sandbox</title><link rel=stylesheet href=/portal/portal.css>\
         <p class=warning><b>Sandbox:</b> no place for real secrets</p>\
         <header><h1>Account management</h1></header><main>{content}</main></html>",
        title = escaped(title),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
