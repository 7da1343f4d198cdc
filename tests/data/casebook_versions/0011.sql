BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE api_tokens (
	api_token_id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	role VARCHAR(32) NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	expires_at DATETIME, 
	revoked_at DATETIME, 
	last_used_at DATETIME, 
	CONSTRAINT pk_api_tokens PRIMARY KEY (api_token_id), 
	CONSTRAINT uq_api_tokens_token_hash UNIQUE (token_hash)
);
INSERT INTO "api_tokens" VALUES(1,'erp','59f3da8b5c48d4e04293f22600d4fa6a81d7ff3af079e351a6d1ef43de82fbf8','order_entry','2026-11-22 04:43:50.694371','root','2027-11-22 04:43:50.694371',NULL,NULL);
CREATE TABLE audit_head (
	head_id INTEGER NOT NULL, 
	audit_id INTEGER NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit_head PRIMARY KEY (head_id)
);
INSERT INTO "audit_head" VALUES(1,29,'4fc2928a4b3a1b0de4380383bc964b544e45ccb42a1e5337625d4727190900e3');
CREATE TABLE audit_log (
	audit_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	actor VARCHAR(128) NOT NULL, 
	role VARCHAR(32) NOT NULL, 
	via VARCHAR(8) NOT NULL, 
	action VARCHAR(64) NOT NULL, 
	subject TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	previous_hash VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit_log PRIMARY KEY (audit_id)
);
INSERT INTO "audit_log" VALUES(1,'2026-11-22 04:43:50.540284','root','admin','cli','account.add','Ana','{"has_password":true,"is_demo":false,"role":"analyst"}','0000000000000000000000000000000000000000000000000000000000000000','e996a3e3cc8d5d26a050362d78e3d3a1c78f7d1e41d8c3c5f58eb59907f77be5');
INSERT INTO "audit_log" VALUES(2,'2026-11-22 04:43:50.554476','root','admin','cli','account.add','Mia','{"has_password":false,"is_demo":false,"role":"manager"}','e996a3e3cc8d5d26a050362d78e3d3a1c78f7d1e41d8c3c5f58eb59907f77be5','ac85619a2a684c3768f15e1865c181846d863bf3972d84a614abe2311c6b8a79');
INSERT INTO "audit_log" VALUES(3,'2026-11-22 04:43:50.559773','root','admin','cli','account.add_demo_users','demo-viewer','{"has_password":false,"is_demo":true,"role":"viewer"}','ac85619a2a684c3768f15e1865c181846d863bf3972d84a614abe2311c6b8a79','237e51eecffac3930b3ebddbc54866d1264deaf94dacc7529926acb3fc255803');
INSERT INTO "audit_log" VALUES(4,'2026-11-22 04:43:50.559773','root','admin','cli','account.add_demo_users','demo-analyst','{"has_password":false,"is_demo":true,"role":"analyst"}','237e51eecffac3930b3ebddbc54866d1264deaf94dacc7529926acb3fc255803','fd1e197a9e03d247615864d3305cca14ed95d73af1d74a022a9bd6171e523b93');
INSERT INTO "audit_log" VALUES(5,'2026-11-22 04:43:50.559773','root','admin','cli','account.add_demo_users','demo-planner','{"has_password":false,"is_demo":true,"role":"planner"}','fd1e197a9e03d247615864d3305cca14ed95d73af1d74a022a9bd6171e523b93','6d228cbfbb1b45d40924072be57a17cdee36d0bacfb97fdc35ca6ffcba4b9ab7');
INSERT INTO "audit_log" VALUES(6,'2026-11-22 04:43:50.559773','root','admin','cli','account.add_demo_users','demo-order-entry','{"has_password":false,"is_demo":true,"role":"order_entry"}','6d228cbfbb1b45d40924072be57a17cdee36d0bacfb97fdc35ca6ffcba4b9ab7','6409650bfc1349b73211282fe5ec14280c038c97bc1d2fb87b76e3c3133c2e0e');
INSERT INTO "audit_log" VALUES(7,'2026-11-22 04:43:50.559773','root','admin','cli','account.add_demo_users','demo-manager','{"has_password":false,"is_demo":true,"role":"manager"}','6409650bfc1349b73211282fe5ec14280c038c97bc1d2fb87b76e3c3133c2e0e','b7355c40de967b7d2a6a091cece4e2b185d40df4a3ed7d2830a31cf805e704fc');
INSERT INTO "audit_log" VALUES(8,'2026-11-22 04:43:50.559773','root','admin','cli','account.add_demo_users','demo-admin','{"has_password":false,"is_demo":true,"role":"admin"}','b7355c40de967b7d2a6a091cece4e2b185d40df4a3ed7d2830a31cf805e704fc','8ca07599caea8eeb6ce9acff4f1b22c04bb4ddb52b854d82668f37de42edc6c0');
INSERT INTO "audit_log" VALUES(9,'2026-11-22 04:43:50.574307','root','admin','cli','account.issue_password_token','Mia','{}','8ca07599caea8eeb6ce9acff4f1b22c04bb4ddb52b854d82668f37de42edc6c0','660f283da08de0d4dbfe8c78fdbf25dfaa16c1ec5bba3a2c885f65bda7c0dd61');
INSERT INTO "audit_log" VALUES(10,'2026-11-22 04:43:50.660417','Ana','nobody','app','session.start','Ana','{"origin":"127.0.0.1"}','660f283da08de0d4dbfe8c78fdbf25dfaa16c1ec5bba3a2c885f65bda7c0dd61','cff6f6c77e1ae9f0b2902cf79adc6432301faa29f3f0fdf1b1d8a27cca19d798');
INSERT INTO "audit_log" VALUES(11,'2026-11-22 04:43:50.670420','Ana','analyst','app','label.add','e1','{"label":"confirmed","label_id":1,"note":"","reason":null}','cff6f6c77e1ae9f0b2902cf79adc6432301faa29f3f0fdf1b1d8a27cca19d798','c24399ffa2913b0f7fdbc7ed86bead8f94d5823dcbb0511084d7a20667942cbb');
INSERT INTO "audit_log" VALUES(12,'2026-11-22 04:43:50.676224','Ana','analyst','app','label.add','e1','{"label":"false_positive","label_id":2,"note":"","reason":null}','c24399ffa2913b0f7fdbc7ed86bead8f94d5823dcbb0511084d7a20667942cbb','fff6c4d9f99a9ce0e573205d9b4ec85a89400351785f78d1a624d3d0587f0f0a');
INSERT INTO "audit_log" VALUES(13,'2026-11-22 04:43:50.682267','Ana','analyst','app','label.undo','e1','{"by":"Ana","label":"false_positive","label_id":3,"undoes":2}','fff6c4d9f99a9ce0e573205d9b4ec85a89400351785f78d1a624d3d0587f0f0a','0e5009e09e1fbe42d91ade00ee272924364e84ebdec29ecea2d470c1e43d207c');
INSERT INTO "audit_log" VALUES(14,'2026-11-22 04:43:50.690386','Ana','analyst','app','label.add','e2','{"label":"false_positive","label_id":4,"note":"双十一","reason":"promotion"}','0e5009e09e1fbe42d91ade00ee272924364e84ebdec29ecea2d470c1e43d207c','fa4735ca49bf5a1e5392510eefefdcd572b707d0c1eed400c6a4cb0ed8fdda8c');
INSERT INTO "audit_log" VALUES(15,'2026-11-22 04:43:50.694371','root','admin','cli','token.add','erp','{"days":365,"role":"order_entry"}','fa4735ca49bf5a1e5392510eefefdcd572b707d0c1eed400c6a4cb0ed8fdda8c','4215d3eab4af7c623d5a9ef3facd90f571c3880131b6231ce7785a92585bcc36');
INSERT INTO "audit_log" VALUES(16,'2026-11-22 04:43:50.698976','Ana','analyst','app','job.start','1','{"kind":"detect"}','4215d3eab4af7c623d5a9ef3facd90f571c3880131b6231ce7785a92585bcc36','9e18650c44f63ed81d545ea30f75a2e5594fcd5539e95115a5a0a7d3334e8525');
INSERT INTO "audit_log" VALUES(17,'2026-11-22 04:43:50.710360','Ana','analyst','app','job.start','1','{"kind":"detect","message":"","status":"done"}','9e18650c44f63ed81d545ea30f75a2e5594fcd5539e95115a5a0a7d3334e8525','2d932ac3020e3112f739c675be1f7d1549c6a93197e4e6109c3a3926c87919ba');
INSERT INTO "audit_log" VALUES(18,'2026-11-22 04:43:50.718343','Ana','analyst','app','preference.set','language','{"value":"zh"}','2d932ac3020e3112f739c675be1f7d1549c6a93197e4e6109c3a3926c87919ba','0c8fa42fe1e14aba09954859bc3111d29d3691999be77ad0a239f524997d0b70');
INSERT INTO "audit_log" VALUES(19,'2026-11-22 04:43:50.722192','Ana','analyst','app','view.share','1','{"is_shared":true,"name":"Mine","page":"exceptions","query":"kind=price_error"}','0c8fa42fe1e14aba09954859bc3111d29d3691999be77ad0a239f524997d0b70','827d359192b82bec155ec7a805751315e72c3f8c37fb01b49c2fe4b8787c6577');
INSERT INTO "audit_log" VALUES(20,'2026-11-22 07:53:00.939564','ana','analyst','app','case.open','case 1','{"department":"sales","due_at":"2026-11-25 18:00:00+00:00","exception_id":"e1","kind":"price_error"}','827d359192b82bec155ec7a805751315e72c3f8c37fb01b49c2fe4b8787c6577','f88fb68b98bf532b27b9cbf0d7a175bf97eda7a0804c9ba6f6d01ede46539965');
INSERT INTO "audit_log" VALUES(21,'2026-11-22 07:53:00.990466','ana','analyst','app','case.move','case 1','{"after":"investigating","before":"new","why":""}','f88fb68b98bf532b27b9cbf0d7a175bf97eda7a0804c9ba6f6d01ede46539965','e6902604c2726624e928bdd81b926387d923d418f2cbef3b18437582490b8993');
INSERT INTO "audit_log" VALUES(22,'2026-11-22 07:53:01.007720','ana','analyst','app','case.comment','case 1','{"mentions":["Mia"],"text":"@mia 请看一下"}','e6902604c2726624e928bdd81b926387d923d418f2cbef3b18437582490b8993','d072f045dd4a259a3c7b6a4afc78c94cae6e30ff3f7ea41b986c6c859fc0a422');
INSERT INTO "audit_log" VALUES(23,'2026-11-22 08:22:37.122667','root','admin','cli','notification.set_rule','1','{"delivery":"each","departments":[],"digest_at":"08:00","is_enabled":true,"is_quiet_at_weekends":false,"kinds":["price_error"],"language":"zh","min_impact":0.0,"min_score":0.5,"name":"Sales desk","quiet_from":null,"quiet_until":null,"target":"json://hooks.example.com/••••"}','d072f045dd4a259a3c7b6a4afc78c94cae6e30ff3f7ea41b986c6c859fc0a422','c35f803582964892e899d2627f1eeece98b3602223f8e70eaa2c868992ebb407');
INSERT INTO "audit_log" VALUES(24,'2026-11-22 08:22:37.152320','root','admin','cli','notification.queue','1','{"cause_count":1,"due_at":"2026-11-22T08:22:37+00:00","name":"Sales desk"}','c35f803582964892e899d2627f1eeece98b3602223f8e70eaa2c868992ebb407','bb62a6e6d7d49b0503856df5a4cf65418ccc2db86796d3b5956312ee7d8cecdd');
INSERT INTO "audit_log" VALUES(25,'2026-11-22 08:22:37.214531','root','admin','cli','notification.send','1','{"attempt":1,"error":"","rule":"Sales desk","status":"sent","target":"json://hooks.example.com/••••"}','bb62a6e6d7d49b0503856df5a4cf65418ccc2db86796d3b5956312ee7d8cecdd','a8f0d3fbcc375dd63c67aee20fa503630799226f6dea2fce8b7d82b0d9343f27');
INSERT INTO "audit_log" VALUES(26,'2026-11-22 08:22:37.228120','root','admin','cli','notification.queue','1','{"cause_count":1,"due_at":"2026-11-22T08:22:37+00:00","name":"Sales desk"}','a8f0d3fbcc375dd63c67aee20fa503630799226f6dea2fce8b7d82b0d9343f27','e1620eeb07f04cd951d3d3415610739e086a184bf99d000a81f1fd384c7ccea7');
INSERT INTO "audit_log" VALUES(27,'2026-11-22 08:22:37.246431','root','admin','cli','review.sign_off','1','{"account_count":3,"note":"first"}','e1620eeb07f04cd951d3d3415610739e086a184bf99d000a81f1fd384c7ccea7','de6112f3ba2b85f4561367acd64036f84d0ebcf835339ead2bf7f8f3de97c44d');
INSERT INTO "audit_log" VALUES(28,'2026-11-22 12:30:55.453347','root','admin','cli','account.add','ben','{"has_password":false,"is_demo":false,"role":"analyst"}','de6112f3ba2b85f4561367acd64036f84d0ebcf835339ead2bf7f8f3de97c44d','536bd717b248697c854c1edfd84489f6c8da6955d2a2bbabfaa12c991ed9a79f');
INSERT INTO "audit_log" VALUES(29,'2026-11-22 12:30:55.661313','ana','analyst','app','opinion.ask','e1','{"asked":"ben","note":"请看一下","request_id":1}','536bd717b248697c854c1edfd84489f6c8da6955d2a2bbabfaa12c991ed9a79f','4fc2928a4b3a1b0de4380383bc964b544e45ccb42a1e5337625d4727190900e3');
CREATE TABLE case_actions (
	case_action_id INTEGER NOT NULL, 
	case_id INTEGER NOT NULL, 
	action VARCHAR(32) NOT NULL, 
	note TEXT NOT NULL, 
	procedure_version INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	outcome VARCHAR(16), 
	outcome_note TEXT NOT NULL, 
	planned_by VARCHAR(128) NOT NULL, 
	planned_at DATETIME NOT NULL, 
	finished_by VARCHAR(128), 
	finished_at DATETIME, 
	CONSTRAINT pk_case_actions PRIMARY KEY (case_action_id), 
	CONSTRAINT fk_case_actions_case_id FOREIGN KEY(case_id) REFERENCES cases (case_id)
);
CREATE TABLE case_attachments (
	attachment_id INTEGER NOT NULL, 
	case_id INTEGER NOT NULL, 
	name VARCHAR(128) NOT NULL, 
	stored_as VARCHAR(64) NOT NULL, 
	size_bytes INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	"by" VARCHAR(128) NOT NULL, 
	at DATETIME NOT NULL, 
	removed_at DATETIME, 
	removed_by VARCHAR(128), 
	CONSTRAINT pk_case_attachments PRIMARY KEY (attachment_id), 
	CONSTRAINT fk_case_attachments_case_id FOREIGN KEY(case_id) REFERENCES cases (case_id), 
	CONSTRAINT uq_case_attachments_stored_as UNIQUE (stored_as)
);
CREATE TABLE case_events (
	event_id INTEGER NOT NULL, 
	case_id INTEGER NOT NULL, 
	what VARCHAR(32) NOT NULL, 
	"before" TEXT, 
	"after" TEXT, 
	text TEXT NOT NULL, 
	"by" VARCHAR(128) NOT NULL, 
	role VARCHAR(32) NOT NULL, 
	via VARCHAR(8) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_case_events PRIMARY KEY (event_id), 
	CONSTRAINT fk_case_events_case_id FOREIGN KEY(case_id) REFERENCES cases (case_id)
);
INSERT INTO "case_events" VALUES(1,1,'opened',NULL,'new','','ana','analyst','app','2026-11-22 07:53:00.939564');
INSERT INTO "case_events" VALUES(2,1,'assigned',NULL,'sales','','ana','analyst','app','2026-11-22 07:53:00.939564');
INSERT INTO "case_events" VALUES(3,1,'moved','new','investigating','','ana','analyst','app','2026-11-22 07:53:00.990466');
INSERT INTO "case_events" VALUES(4,1,'commented',NULL,NULL,'@mia 请看一下','ana','analyst','app','2026-11-22 07:53:01.007720');
CREATE TABLE case_mentions (
	mention_id INTEGER NOT NULL, 
	case_id INTEGER NOT NULL, 
	event_id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	at DATETIME NOT NULL, 
	seen_at DATETIME, 
	CONSTRAINT pk_case_mentions PRIMARY KEY (mention_id), 
	CONSTRAINT fk_case_mentions_case_id FOREIGN KEY(case_id) REFERENCES cases (case_id), 
	CONSTRAINT fk_case_mentions_event_id FOREIGN KEY(event_id) REFERENCES case_events (event_id)
);
INSERT INTO "case_mentions" VALUES(1,1,4,'Mia','2026-11-22 07:53:01.007720',NULL);
CREATE TABLE case_rulebooks (
	rulebook_id INTEGER NOT NULL, 
	what VARCHAR(32) NOT NULL, 
	content TEXT NOT NULL, 
	"by" VARCHAR(128) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_case_rulebooks PRIMARY KEY (rulebook_id)
);
CREATE TABLE cases (
	case_id INTEGER NOT NULL, 
	exception_id VARCHAR(64) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	cause VARCHAR(32), 
	group_id TEXT, 
	order_id TEXT, 
	line_no INTEGER, 
	product_id TEXT, 
	customer_id TEXT, 
	warehouse_id TEXT, 
	region TEXT, 
	reason TEXT NOT NULL, 
	source VARCHAR(64), 
	variant VARCHAR(64), 
	evidence TEXT NOT NULL, 
	score FLOAT, 
	impact FLOAT, 
	currency VARCHAR(8), 
	state VARCHAR(32) NOT NULL, 
	state_since DATETIME NOT NULL, 
	department VARCHAR(32) NOT NULL, 
	assignee VARCHAR(64), 
	due_at DATETIME NOT NULL, 
	opened_by VARCHAR(128) NOT NULL, 
	opened_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	closed_at DATETIME, 
	gone_at DATETIME, 
	reopened_count INTEGER NOT NULL, 
	CONSTRAINT pk_cases PRIMARY KEY (case_id), 
	CONSTRAINT uq_cases_exception_id UNIQUE (exception_id)
);
INSERT INTO "cases" VALUES(1,'e1','price_error',NULL,NULL,'007',1,NULL,NULL,NULL,NULL,'价格 12.40 → 1.24',NULL,NULL,'{}',NULL,120.0,NULL,'investigating','2026-11-22 07:53:00.990466','sales',NULL,'2026-11-25 18:00:00.000000','ana','2026-11-22 07:53:00.939564','2026-11-22 07:53:01.007720',NULL,NULL,0);
CREATE TABLE erp_updates (
	update_id INTEGER NOT NULL, 
	case_id INTEGER, 
	merge_id INTEGER, 
	idempotency_key VARCHAR(64) NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	payload TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempt_count INTEGER NOT NULL, 
	next_attempt_at DATETIME, 
	claimed_until DATETIME, 
	last_error TEXT NOT NULL, 
	requested_by VARCHAR(128) NOT NULL, 
	requested_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	CONSTRAINT pk_erp_updates PRIMARY KEY (update_id), 
	CONSTRAINT fk_erp_updates_case_id FOREIGN KEY(case_id) REFERENCES cases (case_id), 
	CONSTRAINT fk_erp_updates_merge_id FOREIGN KEY(merge_id) REFERENCES merges (merge_id), 
	CONSTRAINT uq_erp_updates_idempotency_key UNIQUE (idempotency_key)
);
CREATE TABLE interventions (
	intervention_id INTEGER NOT NULL, 
	title VARCHAR(128) NOT NULL, 
	begins_on DATE NOT NULL, 
	kind VARCHAR(32), 
	cause VARCHAR(32), 
	conditions TEXT NOT NULL, 
	department VARCHAR(32), 
	procedure TEXT NOT NULL, 
	training TEXT NOT NULL, 
	"by" VARCHAR(128) NOT NULL, 
	at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	withdrawn_at DATETIME, 
	withdrawn_by VARCHAR(128), 
	CONSTRAINT pk_interventions PRIMARY KEY (intervention_id)
);
CREATE TABLE jobs (
	job_id INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	detail TEXT NOT NULL, 
	step TEXT NOT NULL, 
	progress FLOAT, 
	message TEXT NOT NULL, 
	is_cancel_requested BOOLEAN NOT NULL, 
	started_by VARCHAR(128) NOT NULL, 
	via VARCHAR(8) NOT NULL, 
	started_at DATETIME NOT NULL, 
	updated_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	host VARCHAR(128) NOT NULL, 
	pid INTEGER NOT NULL, 
	CONSTRAINT pk_jobs PRIMARY KEY (job_id)
);
INSERT INTO "jobs" VALUES(1,'detect','done','{}','',NULL,'',0,'Ana','app','2026-11-22 04:43:50.698976','2026-11-22 04:43:50.710360','2026-11-22 04:43:50.711975','vm',3631);
CREATE TABLE labels (
	label_id INTEGER NOT NULL, 
	exception_id VARCHAR(64) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	order_id TEXT, 
	line_no INTEGER, 
	product_id TEXT, 
	label VARCHAR(32), 
	reason VARCHAR(32), 
	note TEXT NOT NULL, 
	score FLOAT, 
	source VARCHAR(64), 
	undoes INTEGER, 
	"by" VARCHAR(128) NOT NULL, 
	via VARCHAR(8) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_labels PRIMARY KEY (label_id), 
	CONSTRAINT fk_labels_undoes FOREIGN KEY(undoes) REFERENCES labels (label_id), 
	CONSTRAINT uq_labels_undoes UNIQUE (undoes)
);
INSERT INTO "labels" VALUES(1,'e1','price_error','007',1,'P1','confirmed',NULL,'',0.9,'price_decimal',NULL,'Ana','app','2026-11-22 04:43:50.670420');
INSERT INTO "labels" VALUES(2,'e1','price_error','007',1,'P1','false_positive',NULL,'',0.9,'price_decimal',NULL,'Ana','app','2026-11-22 04:43:50.676224');
INSERT INTO "labels" VALUES(3,'e1','price_error','007',1,'P1',NULL,NULL,'',0.9,'price_decimal',2,'Ana','app','2026-11-22 04:43:50.682267');
INSERT INTO "labels" VALUES(4,'e2','price_error','007',2,'P1','false_positive','promotion','双十一',0.9,'price_decimal',NULL,'Ana','app','2026-11-22 04:43:50.690386');
CREATE TABLE login_attempts (
	attempt_id INTEGER NOT NULL, 
	name_key VARCHAR(64) NOT NULL, 
	origin VARCHAR(64) NOT NULL, 
	at DATETIME NOT NULL, 
	outcome VARCHAR(16) NOT NULL, 
	CONSTRAINT pk_login_attempts PRIMARY KEY (attempt_id)
);
INSERT INTO "login_attempts" VALUES(1,'ana','127.0.0.1','2026-11-22 04:43:50.582353','succeeded');
CREATE TABLE merges (
	merge_id INTEGER NOT NULL, 
	what VARCHAR(16) NOT NULL, 
	kept_id TEXT NOT NULL, 
	merged_id TEXT NOT NULL, 
	case_id INTEGER, 
	choices TEXT NOT NULL, 
	originals TEXT NOT NULL, 
	result TEXT NOT NULL, 
	why TEXT NOT NULL, 
	undoes INTEGER, 
	"by" VARCHAR(128) NOT NULL, 
	via VARCHAR(8) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_merges PRIMARY KEY (merge_id), 
	CONSTRAINT fk_merges_case_id FOREIGN KEY(case_id) REFERENCES cases (case_id), 
	CONSTRAINT fk_merges_undoes FOREIGN KEY(undoes) REFERENCES merges (merge_id), 
	CONSTRAINT uq_merges_undoes UNIQUE (undoes)
);
CREATE TABLE mutes (
	mute_id INTEGER NOT NULL, 
	kind VARCHAR(32), 
	source VARCHAR(64), 
	customer_id TEXT, 
	product_id TEXT, 
	channel TEXT, 
	entered_by TEXT, 
	exception_id VARCHAR(64), 
	direction VARCHAR(8) NOT NULL, 
	below_impact FLOAT, 
	below_score FLOAT, 
	until DATETIME NOT NULL, 
	reason VARCHAR(32) NOT NULL, 
	note TEXT NOT NULL, 
	"by" VARCHAR(128) NOT NULL, 
	at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	revoked_by VARCHAR(128), 
	CONSTRAINT pk_mutes PRIMARY KEY (mute_id)
);
CREATE TABLE notification_items (
	item_id INTEGER NOT NULL, 
	notification_id INTEGER NOT NULL, 
	rule_id INTEGER NOT NULL, 
	cause_key TEXT NOT NULL, 
	exception_id VARCHAR(64) NOT NULL, 
	impact FLOAT NOT NULL, 
	order_count INTEGER NOT NULL, 
	is_worse BOOLEAN NOT NULL, 
	content TEXT, 
	CONSTRAINT pk_notification_items PRIMARY KEY (item_id), 
	CONSTRAINT fk_notification_items_notification_id FOREIGN KEY(notification_id) REFERENCES notifications (notification_id)
);
INSERT INTO "notification_items" VALUES(1,1,1,'SO-1','e1',120.0,1,0,'{"kind": "price_error", "order_id": "SO-1"}');
INSERT INTO "notification_items" VALUES(2,2,1,'SO-2','e3',80.0,1,0,'{"kind": "price_error", "order_id": "SO-2"}');
CREATE TABLE notification_rules (
	rule_id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	is_enabled BOOLEAN NOT NULL, 
	departments TEXT NOT NULL, 
	kinds TEXT NOT NULL, 
	min_score FLOAT NOT NULL, 
	min_impact FLOAT NOT NULL, 
	language VARCHAR(8) NOT NULL, 
	delivery VARCHAR(16) NOT NULL, 
	digest_at VARCHAR(5) NOT NULL, 
	quiet_from VARCHAR(5), 
	quiet_until VARCHAR(5), 
	is_quiet_at_weekends BOOLEAN NOT NULL, 
	target TEXT NOT NULL, 
	updated_by VARCHAR(128) NOT NULL, 
	updated_at DATETIME NOT NULL, 
	removed_at DATETIME, topics TEXT DEFAULT '["findings"]' NOT NULL, person VARCHAR(64), 
	CONSTRAINT pk_notification_rules PRIMARY KEY (rule_id)
);
INSERT INTO "notification_rules" VALUES(1,'Sales desk',1,'[]','["price_error"]',0.5,0.0,'zh','each','08:00',NULL,NULL,0,'json://hooks.example.com/token','root','2026-11-22 08:22:37.122667',NULL,'["findings"]',NULL);
CREATE TABLE notifications (
	notification_id INTEGER NOT NULL, 
	rule_id INTEGER NOT NULL, 
	purpose VARCHAR(16) NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	queued_at DATETIME NOT NULL, 
	due_at DATETIME NOT NULL, 
	attempt_count INTEGER NOT NULL, 
	error TEXT NOT NULL, 
	claimed_at DATETIME, 
	host VARCHAR(128), 
	pid INTEGER, 
	finished_at DATETIME, 
	CONSTRAINT pk_notifications PRIMARY KEY (notification_id), 
	CONSTRAINT fk_notifications_rule_id FOREIGN KEY(rule_id) REFERENCES notification_rules (rule_id)
);
INSERT INTO "notifications" VALUES(1,1,'news','sent','2026-11-22 08:22:37.152320','2026-11-22 08:22:37.152320',1,'','2026-11-22 08:22:37.189895','vm',29853,'2026-11-22 08:22:37.214531');
INSERT INTO "notifications" VALUES(2,1,'news','queued','2026-11-22 08:22:37.228120','2026-11-22 08:22:37.228120',0,'',NULL,NULL,NULL,NULL);
CREATE TABLE one_time_tokens (
	one_time_token_id INTEGER NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	purpose VARCHAR(32) NOT NULL, 
	user_id INTEGER, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	used_at DATETIME, 
	CONSTRAINT pk_one_time_tokens PRIMARY KEY (one_time_token_id), 
	CONSTRAINT fk_one_time_tokens_user_id FOREIGN KEY(user_id) REFERENCES users (user_id), 
	CONSTRAINT uq_one_time_tokens_token_hash UNIQUE (token_hash)
);
INSERT INTO "one_time_tokens" VALUES(1,'d6ea346422507c0248e476008b951da8afc932e99573440db8b661c8f381ab15','password',2,'2026-11-22 04:43:50.574307','2026-11-24 04:43:50.574307',NULL);
CREATE TABLE order_checks (
	check_id INTEGER NOT NULL, 
	order_id TEXT, 
	customer_id TEXT NOT NULL, 
	verdict VARCHAR(8) NOT NULL, 
	duplicate_of TEXT, 
	probability FLOAT, 
	content TEXT NOT NULL, 
	"by" VARCHAR(128) NOT NULL, 
	via VARCHAR(8) NOT NULL, 
	at DATETIME NOT NULL, 
	entered_at DATETIME, 
	CONSTRAINT pk_order_checks PRIMARY KEY (check_id)
);
CREATE TABLE pair_reviews (
	review_id INTEGER NOT NULL, 
	order_id TEXT NOT NULL, 
	duplicate_of TEXT NOT NULL, 
	verdict VARCHAR(8) NOT NULL, 
	probability FLOAT, 
	"by" VARCHAR(128) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_pair_reviews PRIMARY KEY (review_id)
);
CREATE TABLE permission_reviews (
	review_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	"by" VARCHAR(128) NOT NULL, 
	note TEXT NOT NULL, 
	accounts TEXT NOT NULL, 
	CONSTRAINT pk_permission_reviews PRIMARY KEY (review_id)
);
INSERT INTO "permission_reviews" VALUES(1,'2026-11-22 08:22:37.246431','root','first','{"Ana":{"is_active":true,"role":"analyst"},"Mia":{"is_active":true,"role":"manager"},"token:erp (1)":{"is_active":true,"role":"order_entry"}}');
CREATE TABLE plan_decisions (
	decision_id INTEGER NOT NULL, 
	topic VARCHAR(16) NOT NULL, 
	product_id TEXT NOT NULL, 
	order_id TEXT, 
	line_no INTEGER, 
	choice VARCHAR(32), 
	quantity FLOAT, 
	until VARCHAR(10), 
	proposed TEXT NOT NULL, 
	note TEXT NOT NULL, 
	undoes INTEGER, 
	"by" VARCHAR(128) NOT NULL, 
	via VARCHAR(8) NOT NULL, 
	at DATETIME NOT NULL, warehouse_id TEXT, 
	CONSTRAINT pk_plan_decisions PRIMARY KEY (decision_id), 
	CONSTRAINT fk_plan_decisions_undoes FOREIGN KEY(undoes) REFERENCES plan_decisions (decision_id), 
	CONSTRAINT uq_plan_decisions_undoes UNIQUE (undoes)
);
CREATE TABLE preferences (
	owner VARCHAR(128) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	value TEXT NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_preferences PRIMARY KEY (owner, name)
);
INSERT INTO "preferences" VALUES('Ana','language','"zh"','2026-11-22 04:43:50.718343');
CREATE TABLE procedures (
	procedure_id INTEGER NOT NULL, 
	action VARCHAR(32) NOT NULL, 
	version INTEGER NOT NULL, 
	text_en TEXT NOT NULL, 
	text_zh TEXT NOT NULL, 
	"by" VARCHAR(128) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_procedures PRIMARY KEY (procedure_id), 
	CONSTRAINT uq_procedures_action_version UNIQUE (action, version)
);
CREATE TABLE saved_views (
	view_id INTEGER NOT NULL, 
	owner VARCHAR(128) NOT NULL, 
	page VARCHAR(64) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	"query" TEXT NOT NULL, 
	is_shared BOOLEAN NOT NULL, 
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_saved_views PRIMARY KEY (view_id), 
	CONSTRAINT uq_saved_views_owner_page_name UNIQUE (owner, page, name)
);
INSERT INTO "saved_views" VALUES(1,'Ana','exceptions','Mine','kind=price_error',1,'2026-11-22 04:43:50.722192');
CREATE TABLE second_opinions (
	request_id INTEGER NOT NULL, 
	exception_id VARCHAR(64) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	order_id TEXT, 
	line_no INTEGER, 
	asked VARCHAR(128) NOT NULL, 
	note TEXT NOT NULL, 
	"by" VARCHAR(128) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_second_opinions PRIMARY KEY (request_id)
);
INSERT INTO "second_opinions" VALUES(1,'e1','price_error','007',1,'ben','请看一下','ana','2026-11-22 12:30:55.661313');
CREATE TABLE sessions (
	session_id INTEGER NOT NULL, 
	token_hash VARCHAR(64) NOT NULL, 
	user_id INTEGER NOT NULL, 
	started_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	origin VARCHAR(64) NOT NULL, 
	agent VARCHAR(200) NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (session_id), 
	CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (user_id), 
	CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash)
);
INSERT INTO "sessions" VALUES(1,'ef0cc98b71d18b103def3f9a36b8d284d4a0f71ee6f1e8a71d226288c3e16551',1,'2026-11-22 04:43:50.660417','2026-11-22 04:43:50.660417','2026-11-22 16:43:50.660417',NULL,'127.0.0.1','test');
CREATE TABLE users (
	user_id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	name_key VARCHAR(64) NOT NULL, 
	role VARCHAR(32) NOT NULL, 
	password_hash VARCHAR(256), 
	is_enabled BOOLEAN NOT NULL, 
	is_demo BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	created_by VARCHAR(128) NOT NULL, 
	password_changed_at DATETIME, 
	disabled_at DATETIME, 
	last_seen_at DATETIME, 
	CONSTRAINT pk_users PRIMARY KEY (user_id), 
	CONSTRAINT uq_users_name_key UNIQUE (name_key)
);
INSERT INTO "users" VALUES(1,'Ana','ana','analyst','$argon2id$v=19$m=19456,t=2,p=1$Yac1qcCIa2sZAou/V53BtA$b8uRyxv2FFPv1Ncn/8ecSfWRPMykXJ08SX1Vdozk/ds',1,0,'2026-11-22 04:43:50.540284','root','2026-11-22 04:43:50.540284',NULL,'2026-11-22 04:43:50.660417');
INSERT INTO "users" VALUES(2,'Mia','mia','manager',NULL,1,0,'2026-11-22 04:43:50.554476','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(3,'demo-viewer','demo-viewer','viewer',NULL,1,1,'2026-11-22 04:43:50.559773','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(4,'demo-analyst','demo-analyst','analyst',NULL,1,1,'2026-11-22 04:43:50.559773','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(5,'demo-planner','demo-planner','planner',NULL,1,1,'2026-11-22 04:43:50.559773','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(6,'demo-order-entry','demo-order-entry','order_entry',NULL,1,1,'2026-11-22 04:43:50.559773','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(7,'demo-manager','demo-manager','manager',NULL,1,1,'2026-11-22 04:43:50.559773','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(8,'demo-admin','demo-admin','admin',NULL,1,1,'2026-11-22 04:43:50.559773','root',NULL,NULL,NULL);
INSERT INTO "users" VALUES(9,'ben','ben','analyst',NULL,1,0,'2026-11-22 12:30:55.453347','root',NULL,NULL,NULL);
CREATE INDEX ix_audit_log_action ON audit_log (action);
CREATE INDEX ix_audit_log_at ON audit_log (at);
CREATE INDEX ix_audit_log_subject ON audit_log (subject);
CREATE INDEX ix_labels_exception_id ON labels (exception_id);
CREATE INDEX ix_login_attempts_name_key_at ON login_attempts (name_key, at);
CREATE INDEX ix_login_attempts_origin_at ON login_attempts (origin, at);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
CREATE TRIGGER labels_no_update before update on labels begin select raise(abort, 'labels is append-only'); end;
CREATE TRIGGER labels_no_delete before delete on labels begin select raise(abort, 'labels is append-only'); end;
CREATE TRIGGER audit_log_no_update before update on audit_log begin select raise(abort, 'audit_log is append-only'); end;
CREATE TRIGGER audit_log_no_delete before delete on audit_log begin select raise(abort, 'audit_log is append-only'); end;
CREATE INDEX ix_jobs_status ON jobs (status);
CREATE INDEX ix_case_rulebooks_what ON case_rulebooks (what);
CREATE INDEX ix_cases_assignee ON cases (assignee);
CREATE INDEX ix_cases_department ON cases (department);
CREATE INDEX ix_cases_due_at ON cases (due_at);
CREATE INDEX ix_cases_kind ON cases (kind);
CREATE INDEX ix_cases_order_id ON cases (order_id);
CREATE INDEX ix_cases_state ON cases (state);
CREATE INDEX ix_case_actions_action ON case_actions (action);
CREATE INDEX ix_case_actions_case_id ON case_actions (case_id);
CREATE INDEX ix_case_attachments_case_id ON case_attachments (case_id);
CREATE INDEX ix_case_events_case_id ON case_events (case_id);
CREATE INDEX ix_merges_kept_id ON merges (kept_id);
CREATE INDEX ix_merges_merged_id ON merges (merged_id);
CREATE INDEX ix_case_mentions_name ON case_mentions (name);
CREATE INDEX ix_erp_updates_case_id ON erp_updates (case_id);
CREATE INDEX ix_erp_updates_state_next_attempt_at ON erp_updates (state, next_attempt_at);
CREATE TRIGGER case_events_no_update before update on case_events begin select raise(abort, 'case_events is append-only'); end;
CREATE TRIGGER case_events_no_delete before delete on case_events begin select raise(abort, 'case_events is append-only'); end;
CREATE TRIGGER case_rulebooks_no_update before update on case_rulebooks begin select raise(abort, 'case_rulebooks is append-only'); end;
CREATE TRIGGER case_rulebooks_no_delete before delete on case_rulebooks begin select raise(abort, 'case_rulebooks is append-only'); end;
CREATE TRIGGER procedures_no_update before update on procedures begin select raise(abort, 'procedures is append-only'); end;
CREATE TRIGGER procedures_no_delete before delete on procedures begin select raise(abort, 'procedures is append-only'); end;
CREATE TRIGGER merges_no_update before update on merges begin select raise(abort, 'merges is append-only'); end;
CREATE TRIGGER merges_no_delete before delete on merges begin select raise(abort, 'merges is append-only'); end;
CREATE INDEX ix_notifications_status_due_at ON notifications (status, due_at);
CREATE INDEX ix_notification_items_notification_id ON notification_items (notification_id);
CREATE INDEX ix_notification_items_rule_id_cause_key ON notification_items (rule_id, cause_key);
CREATE TRIGGER permission_reviews_no_update before update on permission_reviews begin select raise(abort, 'permission_reviews is append-only'); end;
CREATE TRIGGER permission_reviews_no_delete before delete on permission_reviews begin select raise(abort, 'permission_reviews is append-only'); end;
CREATE INDEX ix_order_checks_entered_at ON order_checks (entered_at);
CREATE INDEX ix_pair_reviews_order_id_duplicate_of ON pair_reviews (order_id, duplicate_of);
CREATE TRIGGER pair_reviews_no_update before update on pair_reviews begin select raise(abort, 'pair_reviews is append-only'); end;
CREATE TRIGGER pair_reviews_no_delete before delete on pair_reviews begin select raise(abort, 'pair_reviews is append-only'); end;
CREATE INDEX ix_interventions_begins_on ON interventions (begins_on);
CREATE INDEX ix_plan_decisions_topic_product_id ON plan_decisions (topic, product_id);
CREATE TRIGGER plan_decisions_no_update before update on plan_decisions begin select raise(abort, 'plan_decisions is append-only'); end;
CREATE TRIGGER plan_decisions_no_delete before delete on plan_decisions begin select raise(abort, 'plan_decisions is append-only'); end;
CREATE INDEX ix_second_opinions_exception_id ON second_opinions (exception_id);
CREATE INDEX ix_second_opinions_asked ON second_opinions (asked);
CREATE TRIGGER second_opinions_no_update before update on second_opinions begin select raise(abort, 'second_opinions is append-only'); end;
CREATE TRIGGER second_opinions_no_delete before delete on second_opinions begin select raise(abort, 'second_opinions is append-only'); end;
COMMIT;
